/** Decides what can be wrong with a request about registered models; each protocol tells it in its own form. */
export class ModelProblem extends Error {
  override name = 'ModelProblem';
  readonly kind: 'missing' | 'exists' | 'invalid' | 'conflict';
  constructor(kind: ModelProblem['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** For whoever deletes a version: `withdraw_promotions` says that a run waits for its promotion. */
export function refuseWaitedFor(error: unknown): never {
  const { code, message } = error as { code?: string; message: string };
  throw code === 'DL002' ? new ModelProblem('conflict', message) : error;
}

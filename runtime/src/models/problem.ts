/** Decides what can be wrong with a request about registered models; each protocol tells it in its own form. */
export class ModelProblem extends Error {
  override name = 'ModelProblem';
  readonly kind: 'missing' | 'exists' | 'invalid' | 'conflict';
  constructor(kind: ModelProblem['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Decides how a request that cannot be answered is answered: one body for every status, with what is wrong and what to do now. */
import type { Problem, ProblemBody } from '@drawloom/shared/problem.ts';
import { ArtifactMissingError, StorageFullError, UnfitError } from '../artifacts/store.ts';
import { isDatabaseAway } from '../db/errors.ts';
import { ModelProblem } from '../models/problem.ts';

export type RefusalStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 416
  | 422
  | 429
  | 500
  | 503
  | 507;

/** Thrown by a handler to answer with a problem. What it says reaches the caller: no path, no SQL, no stack in here. */
export class Refusal extends Error {
  readonly status: RefusalStatus;
  readonly code: string;
  readonly at: string;
  readonly headers: Record<string, string>;
  /** Members beside the usual ones, such as the current revision of a conflict. */
  readonly extra: Record<string, unknown>;
  constructor(
    status: RefusalStatus,
    code: string,
    message: string,
    {
      at = '',
      headers = {},
      ...extra
    }: { at?: string; headers?: Record<string, string>; problems?: Problem[]; [member: string]: unknown } = {},
  ) {
    super(message);
    this.name = 'Refusal';
    Object.assign(this, { status, code, at, headers, extra });
    this.status = status;
    this.code = code;
    this.at = at;
    this.headers = headers;
    this.extra = extra;
  }

  toResponse(requestId?: string): Response {
    const { status, code, message, at, extra } = this;
    const body = {
      code,
      message,
      at,
      status,
      ...extra,
      ...(status === 500 && requestId ? { requestId } : {}),
    } satisfies ProblemBody;
    return new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...this.headers },
    });
  }
}

/** One and the same for what does not exist and for what is none of the caller's business. */
export const notThere = (): Refusal =>
  new Refusal(
    404,
    'not_found',
    'There is nothing here that you may see. Check the address, or ask for a role in the project.',
  );

export const invalid = (problems: readonly Problem[]): Refusal => {
  const first = problems.find((problem) => problem.severity === 'error') ?? problems[0]!;
  return new Refusal(422, first.code, first.message, { at: first.at, problems: [...problems] });
};

export const tooMany = (seconds: number, what: string): Refusal =>
  new Refusal(429, 'too_many', `Too many ${what}. Try again in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });

/** What an error means for the caller. Everything unforeseen is ours: 500, told in the log under the request's id. */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ModelProblem) return new Refusal(ofModels[cause.kind], `model_${cause.kind}`, cause.message);
    if (cause instanceof StorageFullError) return storageIsFull();
    if (cause instanceof ArtifactMissingError)
      return new Refusal(
        404,
        'artifact_missing',
        'The bytes of this artifact are not in the store any more. Run the node that made it again.',
      );
    if (cause instanceof UnfitError)
      return new Refusal(cause.code === 'too_big' ? 413 : 422, cause.code, cause.message);
    const code = String((cause as NodeJS.ErrnoException).code ?? '');
    if (isDatabaseAway(cause))
      return new Refusal(503, 'database_away', 'The database does not answer right now. Try again in a few seconds.', {
        headers: { 'retry-after': '2' },
      });
    if (storageFull.test(code)) return storageIsFull();
  }
  return new Refusal(
    500,
    'internal',
    'Something went wrong on our side. The log of the server tells more under this request id.',
  );
}

const ofModels = { missing: 404, exists: 409, invalid: 422, conflict: 409 } as const satisfies Record<
  ModelProblem['kind'],
  RefusalStatus
>;

const storageIsFull = () =>
  new Refusal(507, 'storage_full', 'There is no space left to store this. Free some on the server, then try again.');

const storageFull = /^(ENOSPC|EDQUOT|53100|storage_full)$/;

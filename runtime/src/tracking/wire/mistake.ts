/** Decides how a request that cannot be answered is answered on the routes that speak MLflow: one code, one sentence, in its form. */
import { type Refusal, refusalFor } from '../../api/refusal.ts';
import { ModelProblem } from '../../models/problem.ts';

/**
 * The codes that clients know, with the status of each. Clients try again for minutes on 429 and on anything from 500: what the
 * caller did wrong must be below.
 */
const statusOf = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  INVALID_RANGE: 416,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;
export type WireCode = keyof typeof statusOf;

export class WireMistake extends Error {
  override name = 'WireMistake';
  readonly code: WireCode;
  readonly headers: Record<string, string>;
  constructor(code: WireCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  toResponse(): Response {
    const status = statusOf[this.code];
    return new Response(JSON.stringify({ error_code: this.code, message: this.message }), {
      status,
      headers: {
        'content-type': 'application/json',
        ...(status === 401 ? { 'www-authenticate': 'Basic realm="Drawloom"' } : {}),
        ...this.headers,
      },
    });
  }
}

export const invalidValue = (message: string): WireMistake => new WireMistake('INVALID_PARAMETER_VALUE', message);
export const notThere = (message: string): WireMistake => new WireMistake('RESOURCE_DOES_NOT_EXIST', message);

const codeOf: Partial<Record<number, WireCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  409: 'RESOURCE_CONFLICT',
  416: 'INVALID_RANGE',
  503: 'TEMPORARILY_UNAVAILABLE',
  507: 'TEMPORARILY_UNAVAILABLE',
};

const ofModels = {
  missing: 'RESOURCE_DOES_NOT_EXIST',
  exists: 'RESOURCE_ALREADY_EXISTS',
  invalid: 'INVALID_PARAMETER_VALUE',
  conflict: 'RESOURCE_CONFLICT',
} as const satisfies Record<ModelProblem['kind'], WireCode>;

/** The same in MLflow's form, whatever was thrown. */
export function wireMistakeFor(error: unknown): WireMistake {
  if (error instanceof WireMistake) return error;
  if (error instanceof ModelProblem) return new WireMistake(ofModels[error.kind], error.message);
  const refusal: Refusal = refusalFor(error);
  const code = codeOf[refusal.status] ?? (refusal.status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
  return new WireMistake(code, refusal.message, refusal.headers);
}

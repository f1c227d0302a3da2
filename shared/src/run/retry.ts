/** Decides whether a failed attempt may be followed by another: by the node's own rules, and where none fits by the reason. */
import type { RetryRule } from '../pipeline/document.ts';
import { type AttemptReason, retryable } from './status.ts';

export interface Failure {
  reason: AttemptReason;
  error?: { type?: string | undefined; message: string } | undefined;
}

export interface Verdict {
  retry: boolean;
  /** In place of the node's growing delay. */
  delayMs?: number;
}

/** The budget of attempts is not looked at here: it is the database's, which alone counts them. */
export function verdictOn(failure: Failure, rules: readonly RetryRule[]): Verdict {
  const rule = rules.find((one) => fits(one, failure));
  if (!rule) return { retry: retryable.has(failure.reason) };
  if (rule.do === 'fail') return { retry: false };
  return { retry: true, ...(rule.delayMs !== undefined && { delayMs: rule.delayMs }) };
}

const fits = ({ reason, type, message }: RetryRule, failure: Failure): boolean =>
  (reason === undefined || reason === failure.reason) &&
  (type === undefined || names(failure.error?.type ?? '', type)) &&
  (message === undefined || (failure.error?.message ?? '').includes(message));

/** `URLError` means `urllib.error.URLError` as well. */
const names = (full: string, wanted: string): boolean => full === wanted || full.endsWith(`.${wanted}`);

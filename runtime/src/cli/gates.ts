/** Decides how the gates of a promotion are written on a command line: `auc >= 0.7`, or beside a version: `auc >= @champion - 0.01`. */
import type { PromotionGate } from '@drawloom/shared/api/models.ts';
import { UsageProblem } from './command.ts';

const form =
  /^\s*(?<metric>.+?)\s*(?<sign>>=|<=)\s*(?:(?<bound>[+-]?[\d.]+(?:e[+-]?\d+)?)|@(?<than>\S+)(?:\s+(?<way>[+-])\s*(?<by>[\d.]+(?:e[+-]?\d+)?))?)\s*$/i;

/** throws UsageProblem */
export function gateIn(text: string): PromotionGate {
  const { metric, sign, bound, than, way, by } = form.exec(text)?.groups ?? {};
  const numbers = [bound, by].filter((one) => one !== undefined).map(Number);
  if (metric === undefined || numbers.some((one) => !Number.isFinite(one)))
    throw new UsageProblem(
      `The gate "${text}" cannot be read. Write it as "auc >= 0.7" or "auc >= @champion - 0.01", with spaces around the last sign.`,
    );
  const is = sign === '>=' ? 'at least' : 'at most';
  if (than === undefined) return { metric, is, bound: numbers[0]!, by: 0 };
  // What is to be at least something may be worse by being less, and the other way round; better is not asked for this way.
  if (way !== undefined && way !== (is === 'at least' ? '-' : '+'))
    throw new UsageProblem(
      `The gate "${text}" asks for more than @${than} has. After ${sign} write ${is === 'at least' ? '-' : '+'} and how much worse it may be.`,
    );
  return { metric, is, than, by: numbers[0] ?? 0 };
}

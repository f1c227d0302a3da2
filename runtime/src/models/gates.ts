/** Decides whether the numbers of a version are good enough for a promotion: by bounds of their own, or beside a version that has an alias. */
import type { JudgedGate, PromotionGate } from '@drawloom/shared/api/models.ts';
import type { Measured } from './known.ts';

/** A version by its number, with what its run told. */
export interface Compared {
  version: number;
  metrics: Readonly<Record<string, Measured>>;
}

/**
 * A number that is missing or none passes no gate. Beside an alias that names nothing everything passes: there is none to be worse than.
 * Beside a version without that number nothing does: what is not known cannot be compared.
 */
export function judgeGates(
  gates: readonly PromotionGate[],
  metrics: Readonly<Record<string, Measured>>,
  versionAt: (alias: string) => Compared | undefined,
): JudgedGate[] {
  return gates.map(({ metric, is, bound, than, by }) => {
    const measured = metrics[metric] ?? null;
    const other = than === undefined ? undefined : versionAt(than);
    const base = than === undefined ? bound : other?.metrics[metric];
    const slack = than === undefined ? 0 : is === 'at least' ? -by : by;
    const limit = typeof base === 'number' ? base + slack : null;
    const nothingToPass = than !== undefined && other === undefined;
    const holds =
      typeof measured === 'number' && limit !== null && (is === 'at least' ? measured >= limit : measured <= limit);
    return {
      metric,
      is,
      than: than ?? null,
      version: other?.version ?? null,
      limit,
      measured,
      passed: typeof measured === 'number' && (nothingToPass || holds),
    };
  });
}

/** What is wrong with a gate that was not passed. */
export function gateSentence({ metric, is, than, version, limit, measured }: JudgedGate): string {
  if (measured === null) return `The run of this version told no ${metric}. Log it, or leave the gate out.`;
  if (measured === 'NaN') return `${metric} is no number in this version.`;
  if (limit === null)
    return `Version ${version}, which is @${than}, has no ${metric} to compare with. Leave the gate out.`;
  const wanted = than === null ? `${is} ${limit}` : `${is} ${limit} beside version ${version}, which is @${than}`;
  return `${metric} is ${measured}, and has to be ${wanted}.`;
}

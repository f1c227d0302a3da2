/** Decides what of a run can be a column, how it is shown, and how runs are sorted by it. */
import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { formatNumber } from '../../ui/format.ts';
import { t } from '../../words/index.ts';

export type Kind = 'metrics' | 'parameters' | 'tags';
/** As `metrics.loss`. */
export type ColumnId = `${Kind}.${string}`;

export const kindOf = (id: ColumnId): Kind => id.slice(0, id.indexOf('.')) as Kind;
export const nameOf = (id: ColumnId): string => id.slice(id.indexOf('.') + 1);

export function kindWord(kind: Kind): string {
  if (kind === 'metrics') return t('Metrics');
  return kind === 'parameters' ? t('Parameters') : t('Tags');
}

export function cellText(run: TrackedRun, id: ColumnId): string {
  const value = run[kindOf(id)][nameOf(id)];
  if (value === undefined) return '';
  return typeof value === 'number' ? formatNumber(value) : value;
}

/** In the language of the search. */
export function orderOf({ column, descending }: { column: string; descending: boolean }): string {
  const way = descending ? 'DESC' : 'ASC';
  if (!column.includes('.')) return `attributes.${column} ${way}`;
  const prefix = kindOf(column as ColumnId) === 'parameters' ? 'params' : kindOf(column as ColumnId);
  return `${prefix}.\`${nameOf(column as ColumnId)}\` ${way}`;
}

/** Every name that a run among these has. */
export function columnsOf(runs: readonly TrackedRun[]): ColumnId[] {
  const found = new Set<ColumnId>();
  for (const run of runs)
    for (const kind of ['metrics', 'parameters', 'tags'] as const)
      for (const name of Object.keys(run[kind])) if (!name.startsWith('mlflow.')) found.add(`${kind}.${name}`);
  return [...found].sort();
}

export const differs = (runs: readonly TrackedRun[], id: ColumnId): boolean =>
  new Set(runs.map((run) => run[kindOf(id)][nameOf(id)])).size > 1;

/** Told to a spreadsheet; what it would take for a formula stands as text. */
export function csvOf(runs: readonly TrackedRun[], columns: readonly ColumnId[]): string {
  const cell = (value: unknown) => {
    const text = value === undefined || value === null ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const rows = runs.map((run) => [
    run.id,
    run.name,
    run.status,
    new Date(run.startMs).toISOString(),
    run.endMs === null ? '' : new Date(run.endMs).toISOString(),
    run.user,
    ...columns.map((id) => run[kindOf(id)][nameOf(id)]),
  ]);
  const head = ['run_id', 'name', 'status', 'start_time', 'end_time', 'user', ...columns];
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

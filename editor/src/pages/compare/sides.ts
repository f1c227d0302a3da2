/** Decides what stands beside what when runs are compared: one row for each parameter, number and artifact, one value for each run. */
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { formatNumber } from '../../ui/format.ts';
import { t } from '../../words/index.ts';
import type { Compared } from './useCompared.ts';

export interface Row {
  key: string;
  name: string;
  /** One for each run; null where it has none. */
  values: (string | null)[];
  /** What is said of each value beside it. */
  notes: (string | null)[];
  differs: boolean;
}

const row = (key: string, name: string, values: Row['values'], notes?: Row['notes']): Row => ({
  key,
  name,
  values,
  notes: notes ?? values.map(() => null),
  differs: values.some((value) => value !== values[0]),
});

export function parameterRows({ runs }: Compared): Row[] {
  const names = inOrder(Object.assign({}, ...runs.map((run) => run.parameters)) as Record<string, unknown>);
  return names.map(([name]) =>
    row(
      name,
      name,
      runs.map(({ parameters }) => {
        const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
        return value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);
      }),
    ),
  );
}

export function numberRows({ comparisons }: Compared): Row[] {
  const rows = new Map<string, { name: string; values: (number | null)[] }>();
  comparisons.forEach(({ numbers }, place) => {
    for (const { node, name, key, before, now } of numbers) {
      const id = `${node} ${key}`;
      const found = rows.get(id) ?? {
        name: `${name} · ${key}`,
        values: Array<number | null>(comparisons.length + 1).fill(null),
      };
      if (before !== null) found.values[0] = Number(before);
      if (now !== null) found.values[place + 1] = Number(now);
      rows.set(id, found);
    }
  });
  return [...rows].map(([key, { name, values }]) => {
    const base = values[0];
    const notes = values.map((value, place) =>
      place === 0 || value === null || base === null || base === undefined || value === base
        ? null
        : changeOf(base, value),
    );
    const texts = values.map((value) => (value === null ? null : formatNumber(value)));
    return { ...row(key, name, texts, notes), differs: values.some((value) => value !== base) };
  });
}

const changeOf = (base: number, value: number): string =>
  `${value > base ? '+' : '−'}${formatNumber(Math.abs(value - base))}`;

export function artifactRows({ comparisons }: Compared): Row[] {
  const rows = new Map<string, Pick<Row, 'name' | 'values' | 'notes'>>();
  const empty = () => Array<string | null>(comparisons.length + 1).fill(null);
  comparisons.forEach(({ artifacts }, place) => {
    for (const { node, name, port, position, before, now, differences } of artifacts) {
      const id = `${node} ${port} ${position}`;
      const found = rows.get(id) ?? {
        name: `${name} · ${position > 0 ? `${port} ${position + 1}` : port}`,
        values: empty(),
        notes: empty(),
      };
      found.values[0] = before?.slice(0, 12) ?? null;
      found.values[place + 1] = now?.slice(0, 12) ?? null;
      found.notes[place + 1] =
        differences.map((one) => (one.before === null && one.now === null ? one.what : told(one))).join('; ') || null;
      rows.set(id, found);
    }
  });
  return [...rows].map(([key, { name, values, notes }]) => row(key, name, values, notes));
}

const told = ({ what, before, now }: { what: string; before: string | null; now: string | null }): string =>
  t('{what}: {before} → {now}', { what, before: before ?? t('none'), now: now ?? t('none') });

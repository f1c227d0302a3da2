/** How many rows each output of a run has more or less than in the last run before that went well; read again while it goes on. */
import type { RowChange } from '@drawloom/shared/api/rowChanges.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { isFinal } from '@drawloom/shared/run/status.ts';
import { useEffect, useMemo, useRef } from 'react';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { formatChange, formatCount } from '../ui/format.ts';
import { t } from '../words/index.ts';

export type RowsBefore = NonNullable<RowChange['before']>;

/** What the outputs had before, by `node.port`. */
export function useRowsBefore(run: Run | null): ReadonlyMap<string, RowsBefore> {
  const { data, reload } = useCall(routes.getRowChanges, run && { params: { run: run.id } });
  const mark = run ? `${run.id} ${run.nodes.filter(({ status }) => isFinal(status)).length}` : '';
  const last = useRef(mark);
  useEffect(() => {
    if (last.current === mark) return;
    last.current = mark;
    const soon = setTimeout(reload, 300);
    return () => clearTimeout(soon);
  }, [mark, reload]);
  return useMemo(
    () =>
      new Map(
        data?.outputs.flatMap(({ node, port, before }) => (before ? [[`${node}.${port}`, before] as const] : [])),
      ),
    [data],
  );
}

/** The change as a share of what there was, in per cent with one digit; null when there was nothing. */
export function shareOf(rows: number, before: RowsBefore): number | null {
  return before.rows === 0 ? null : Math.round(((rows - before.rows) / before.rows) * 1000) / 10;
}

export function changeSentence(rows: number, before: RowsBefore): string {
  if (rows === before.rows) return t('as many rows as in run {n}', { n: before.run });
  const share = shareOf(rows, before);
  const change = formatChange(rows - before.rows);
  if (share === null) return t('{change} rows since run {n}, which had none', { change, n: before.run });
  return t('{change} rows ({share} %) since run {n}', { change, share: formatChange(share), n: before.run });
}

/** For a narrow place: +3 %, or how many where nothing was before. Empty when nothing changed. */
export function shortChange(rows: number, before: RowsBefore): string {
  if (rows === before.rows) return '';
  const share = shareOf(rows, before);
  if (share === null) return `+${formatCount(rows)}`;
  return t('{share} %', { share: share === 0 ? (rows > before.rows ? '+0' : '−0') : formatChange(share) });
}

/** When each node waited and ran, on one scale; also the list of nodes, so that choosing one needs no second place. */
import type { NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import { type KeyboardEvent, useEffect, useMemo } from 'react';
import { cx } from '../../ui/cx.ts';
import { formatCompact, formatDuration } from '../../ui/format.ts';
import { StatusMark, StatusRail } from '../../ui/StatusMark.tsx';
import { useNow } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './Timeline.module.css';

export function Timeline(props: { run: Run; selected: string | undefined; onSelect: (node: string) => void }) {
  const { run } = props;
  const now = useNow(run.finishedAt === null);
  const rows = useMemo(() => inOrder(run), [run]);
  const start = Date.parse(run.startedAt ?? run.createdAt);
  const end = Math.max(run.finishedAt ? Date.parse(run.finishedAt) : now, start + 1);
  const scale = (instant: number) => `${((Math.min(Math.max(instant, start), end) - start) / (end - start)) * 100}%`;
  const walk = (event: KeyboardEvent) => {
    const at = rows.findIndex((row) => row.node === props.selected);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : rows[at + step];
    if (!next) return;
    event.preventDefault();
    props.onSelect(next.node);
    document.getElementById(`timeline-${next.node}`)?.focus();
  };
  useEffect(() => {
    if (props.selected) document.getElementById(`timeline-${props.selected}`)?.scrollIntoView({ block: 'nearest' });
  }, [props.selected]);
  return (
    <div className={styles.timeline}>
      <div className={styles.head} aria-hidden="true">
        <span>{t('Node')}</span>
        <span className={styles.scale}>
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <span key={share} style={{ insetInlineStart: `${share * 100}%` }}>
              {share === 0 ? '0' : formatDuration((end - start) * share)}
            </span>
          ))}
        </span>
      </div>
      <div role="listbox" aria-label={t('Nodes of this run')} className={styles.rows} onKeyDown={walk}>
        {rows.map((row) => (
          <div
            key={row.node}
            id={`timeline-${row.node}`}
            role="option"
            aria-selected={row.node === props.selected}
            tabIndex={row.node === (props.selected ?? rows[0]?.node) ? 0 : -1}
            data-testid={`timeline-${row.node}`}
            className={cx(styles.row, row.node === props.selected && styles.selected)}
            onClick={() => props.onSelect(row.node)}
            onKeyDown={(event) => event.key === 'Enter' && props.onSelect(row.node)}
          >
            <span className={styles.rail}>
              <StatusRail status={row.status} />
            </span>
            <span className={styles.name}>
              <StatusMark status={row.status} iconOnly />
              <span className={styles.title}>{row.name}</span>
              <span className={styles.took}>{factOf(row, now)}</span>
              {row.message && <span className="visually-hidden">{row.message}</span>}
            </span>
            <span className={styles.lane}>
              {row.queuedAt && row.startedAt && (
                <span
                  className={styles.waited}
                  style={{
                    insetInlineStart: scale(Date.parse(row.queuedAt)),
                    insetInlineEnd: `calc(100% - ${scale(Date.parse(row.startedAt))})`,
                  }}
                />
              )}
              {row.startedAt && (
                <span
                  className={styles.bar}
                  data-status={row.status}
                  style={{
                    insetInlineStart: scale(Date.parse(row.startedAt)),
                    insetInlineEnd: `calc(100% - ${scale(row.finishedAt ? Date.parse(row.finishedAt) : now)})`,
                  }}
                />
              )}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** By when they started; what has not started follows in the order of the drawing, from left to right. */
function inOrder(run: Run): NodeRunSummary[] {
  const x = (row: NodeRunSummary) => run.document.looks.positions[row.node]?.x ?? 0;
  const started = (row: NodeRunSummary) => (row.startedAt ? Date.parse(row.startedAt) : Number.POSITIVE_INFINITY);
  return run.nodes
    .filter((row) => row.mapIndex === 0)
    .sort((a, b) => {
      const [first, second] = [started(a), started(b)];
      return first === second ? x(a) - x(b) : first - second;
    });
}

const took = (row: NodeRunSummary, now: number): number | null =>
  row.startedAt ? (row.finishedAt ? Date.parse(row.finishedAt) : now) - Date.parse(row.startedAt) : null;

function factOf(row: NodeRunSummary, now: number): string {
  const rows = row.outputs.find((output) => output.rowCount !== null)?.rowCount;
  const parts = [
    row.items && `${formatCompact(row.items.done)}/${formatCompact(row.items.total)}`,
    row.status === 'reused' && row.reusedFrom
      ? t('from run {n}', { n: row.reusedFrom.run })
      : formatDuration(took(row, now)),
    rows === undefined || rows === null || row.items ? null : t('{n} rows', { n: formatCompact(rows) }),
  ];
  return parts.filter((part) => part !== null && part !== '–').join(' · ');
}

/** How a number went in several runs, one line each: smoothed when asked, on a straight or a logarithmic axis. */

import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { useEffect, useRef, useState } from 'react';
import { useCall } from '../../api/useCall.ts';
import { NumberField, Select, Switch } from '../../ui/fields.tsx';
import { formatNumber } from '../../ui/format.ts';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { columnsOf, kindOf, nameOf } from './columns.ts';
import styles from './Experiments.module.css';
import { aligned, colourOf } from './series.ts';

export function Curves({ project, runs, turn }: { project: string; runs: readonly TrackedRun[]; turn: number }) {
  const keys = columnsOf(runs)
    .filter((id) => kindOf(id) === 'metrics')
    .map(nameOf);
  const [chosen, setChosen] = useState<string | null>(null);
  const [smoothing, setSmoothing] = useState(0);
  const [log, setLog] = useState(false);
  const key = chosen !== null && keys.includes(chosen) ? chosen : (keys[0] ?? null);
  const { data, problem, reload } = useCall(
    routes.getCurves,
    key === null || runs.length === 0
      ? null
      : { params: { project }, body: { runs: runs.slice(0, 50).map(({ id }) => id), key, points: 500 } },
  );
  const first = useRef(turn);
  useEffect(() => {
    if (turn !== first.current) reload();
  }, [turn, reload]);
  if (key === null) return <p>{t('These runs told no numbers.')}</p>;
  return (
    <section className={styles.pad} aria-label={t('Curves')}>
      <div className={styles.row}>
        <Select label={t('Metric')} value={key} onChange={setChosen} options={keys.map((id) => ({ id, text: id }))} />
        <NumberField
          label={t('Smoothing, in percent')}
          value={smoothing}
          onChange={(value) => setSmoothing(Math.min(99, Math.max(0, value ?? 0)))}
        />
        <Switch isSelected={log} onChange={setLog}>
          {t('Logarithmic axis')}
        </Switch>
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!data && !problem && <Loading />}
      {data && (
        <Lines
          label={t('{key} of {n} runs by step', { key, n: runs.length })}
          data={aligned(data.curves, smoothing / 100, log)}
          colours={data.curves.map(({ run }) => colourOf(runs.findIndex(({ id }) => id === run)))}
          log={log}
        />
      )}
      <ul className={styles.legend}>
        {runs.slice(0, 50).map((run, place) => (
          <li key={run.id}>
            <span style={{ background: colourOf(place) }} />
            {run.name}
          </li>
        ))}
      </ul>
    </section>
  );
}

const [width, height, left, bottom] = [960, 340, 70, 24];

function Lines(props: { label: string; data: ReturnType<typeof aligned>; colours: readonly string[]; log: boolean }) {
  const [steps, ...lines] = props.data;
  const scaled = (value: number) => (props.log ? Math.log10(value) : value);
  const values = lines.flat().filter((value) => value !== null);
  if (values.length === 0) return <p>{t('There is nothing to draw.')}</p>;
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const x = (step: number) => left + ((step - first) / (last - first || 1)) * (width - left - 8);
  const y = (value: number) =>
    8 + (1 - (scaled(value) - scaled(low)) / (scaled(high) - scaled(low) || 1)) * (height - bottom - 16);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const place = scaled(low) + share * (scaled(high) - scaled(low));
    return props.log ? 10 ** place : place;
  });
  return (
    <svg
      className={styles.chart}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={props.label}
      data-testid="curves"
    >
      {marks.map((mark) => (
        <g key={mark}>
          <line x1={left} x2={width - 8} y1={y(mark)} y2={y(mark)} className={styles.grid} />
          <text x={left - 8} y={y(mark) + 4} textAnchor="end" className={styles.mark}>
            {formatNumber(mark)}
          </text>
        </g>
      ))}
      <text x={x(first)} y={height - 6} className={styles.mark}>
        {formatNumber(first)}
      </text>
      <text x={x(last)} y={height - 6} textAnchor="end" className={styles.mark}>
        {formatNumber(last)}
      </text>
      {lines.map((line, place) => {
        const points = line.flatMap((value, at) => (value === null ? [] : [[x(steps[at]!), y(value)] as const]));
        return (
          <g key={props.colours[place]} stroke={props.colours[place]} fill={props.colours[place]}>
            <polyline points={points.map((point) => point.join(',')).join(' ')} fill="none" strokeWidth={1.5} />
            {points.length < 30 && points.map(([cx, cy]) => <circle key={cx} cx={cx} cy={cy} r={2.5} stroke="none" />)}
          </g>
        );
      })}
    </svg>
  );
}

/** How a number went in several runs, one line each: smoothed when asked, on a straight or a logarithmic axis. */

import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { useEffect, useRef, useState } from 'react';
import type { Answered } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { NumberField, Select, Switch } from '../../ui/fields.tsx';
import { colourOf, LineChart } from '../../ui/LineChart.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { columnsOf, kindOf, nameOf } from './columns.ts';
import styles from './Experiments.module.css';
import { aligned } from './series.ts';

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
      {data && <Lines runs={runs} data={data} chart={{ key, smoothing: smoothing / 100, log }} />}
    </section>
  );
}

function Lines(props: {
  runs: readonly TrackedRun[];
  data: Answered<typeof routes.getCurves>;
  chart: { key: string; smoothing: number; log: boolean };
}) {
  const { runs, data, chart } = props;
  const [axis, ...lines] = aligned(data.curves, chart.smoothing, chart.log);
  const names = new Map(runs.map((run, place) => [run.id, { name: run.name, colour: colourOf(place) }]));
  return (
    <LineChart
      label={t('{key} of {n} runs by step', { key: chart.key, n: runs.length })}
      axis={axis}
      log={chart.log}
      lines={data.curves.map(({ run }, place) => ({ id: run, ...names.get(run)!, values: lines[place]! }))}
    />
  );
}

/** How one number went in each of the runs, over its steps; pointing at a step tells the value of every run there. */
import type { Run } from '@drawloom/shared/api/runs.ts';
import { useEffect, useState } from 'react';
import { type Answered, call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { Select } from '../../ui/fields.tsx';
import { colourOf, LineChart } from '../../ui/LineChart.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './Compare.module.css';

export function RunCurves(props: {
  runs: readonly Run[];
  /** A node and one of its numbers: their names with a space between them. */
  chosen: string | undefined;
  options: readonly { id: string; text: string }[];
  onChoose: (id: string) => void;
}) {
  const { runs, options } = props;
  const chosen = options.find(({ id }) => id === props.chosen) ?? options[0];
  const { data, problem } = usePoints(runs, chosen?.id);
  if (!chosen) return null;
  return (
    <section className={styles.section} aria-label={t('Curves')}>
      <h2>{t('Curves')}</h2>
      <Select label={t('Number')} value={chosen.id} onChange={props.onChoose} options={options} />
      {problem && <ProblemNotice problem={problem} />}
      {!data && !problem && <Loading />}
      {data && <Drawn runs={runs} points={data} name={chosen.text} />}
    </section>
  );
}

type Points = Answered<typeof routes.getMetrics>['metrics'];

function Drawn({ runs, points, name }: { runs: readonly Run[]; points: readonly Points[]; name: string }) {
  const axis = [...new Set(points.flat().map(({ step }) => step))].sort((a, b) => a - b);
  if (axis.length < 2)
    return <p className={styles.none}>{t('It was logged at one step only; see the numbers above.')}</p>;
  return (
    <LineChart
      label={t('{key} of {n} runs by step', { key: name, n: runs.length })}
      axis={axis}
      lines={runs.map((run, place) => {
        const at = new Map(points[place]!.map(({ step, value }) => [step, value]));
        return {
          id: String(run.id),
          name: t('Run {n}', { n: run.id }),
          colour: colourOf(place),
          values: axis.map((step) => at.get(step) ?? null),
        };
      })}
    />
  );
}

function usePoints(runs: readonly Run[], chosen: string | undefined) {
  const [state, setState] = useState<{ of: string; data: Points[] | null; problem: ProblemError | null }>({
    of: '',
    data: null,
    problem: null,
  });
  const of = `${runs.map(({ id }) => id)} ${chosen}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name stands for what is asked
  useEffect(() => {
    if (chosen === undefined) return;
    const stop = new AbortController();
    const { signal } = stop;
    const space = chosen.indexOf(' ');
    const query = { node: chosen.slice(0, space), key: chosen.slice(space + 1) };
    Promise.all(runs.map(({ id }) => call(routes.getMetrics, { params: { run: id }, query }, { signal }))).then(
      (answers) => !signal.aborted && setState({ of, data: answers.map(({ metrics }) => metrics), problem: null }),
      (error) => !signal.aborted && setState({ of, data: null, problem: problemOf(error) }),
    );
    return () => stop.abort();
  }, [of]);
  return state.of === of ? state : { data: null, problem: null };
}

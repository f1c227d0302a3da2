/** Two or more runs beside each other: what was drawn, put in, done and made in each, and what of it differs. */
import { differenceOf, isSame } from '@drawloom/shared/pipeline/difference.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Viewport } from '@xyflow/react';
import { useMemo, useState } from 'react';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { StillGraph } from '../../canvas/StillGraph.tsx';
import { LinkButton } from '../../ui/Button.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { between, formatDuration } from '../../ui/format.ts';
import { EmptyState, Loading } from '../../ui/notices.tsx';
import { Page } from '../../ui/Page.tsx';
import { statusWord } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import { Changes, marksOf } from './Changes.tsx';
import styles from './Compare.module.css';
import { merged } from './merged.ts';
import { RunCurves } from './RunCurves.tsx';
import { SideTable } from './SideTable.tsx';
import { artifactRows, numberRows, parameterRows, type Row } from './sides.ts';
import { type Compared, useCompared } from './useCompared.ts';

/** More beside each other than this cannot be read. */
const mostRuns = 8;

export function CompareRunsPage() {
  const { project } = useParams({ from: '/p/$project/runs/compare' });
  const search = useSearch({ from: '/p/$project/runs/compare' });
  const navigate = useNavigate({ from: '/p/$project/runs/compare' });
  const ids = [...new Set((search.runs ?? '').split('-').map(Number))].filter((id) => id > 0).slice(0, mostRuns);
  const { data, problem } = useCompared(ids);
  const title = t('Compare runs');
  const back = { href: places.runs(project), text: t('Go to runs') };
  if (ids.length < 2)
    return (
      <Page title={title}>
        <EmptyState
          icon="runs"
          title={t('Choose two runs or more')}
          actions={<LinkButton href={back.href}>{back.text}</LinkButton>}
        >
          {t('Mark them in the list of runs. The first of them is what the others are compared with.')}
        </EmptyState>
      </Page>
    );
  if (problem)
    return (
      <Page title={title}>
        <PageProblem problem={problem} icon="runs" missing={t('One of these runs is not there')} back={back} />
      </Page>
    );
  if (!data)
    return (
      <Page title={title}>
        <Loading />
      </Page>
    );
  return (
    <Page title={title} sub={t('against run {n}', { n: ids[0]! })} flush>
      <div className={styles.page}>
        <Sides
          project={project}
          data={data}
          all={search.all ?? false}
          other={search.with}
          node={search.node}
          metric={search.metric}
          onView={(view) => void navigate({ search: (old) => ({ ...old, ...view }), replace: true })}
        />
      </div>
    </Page>
  );
}

interface View {
  all?: true | undefined;
  with?: number;
  node?: string;
  metric?: string;
}

function Sides(props: {
  project: string;
  data: Compared;
  all: boolean;
  other: number | undefined;
  node: string | undefined;
  metric: string | undefined;
  onView: (view: View) => void;
}) {
  const { project, data, all, node, onView } = props;
  const [base, ...others] = data.runs;
  const other = others.find(({ id }) => id === props.other) ?? others[0]!;
  const comparison = data.comparisons[others.indexOf(other)]!;
  const difference = useMemo(() => differenceOf(base!.document, other.document), [base, other]);
  const marked = useMemo(() => {
    const marks = marksOf({ ...difference, nodes: difference.nodes.filter(({ change }) => change !== null) });
    // a node that is drawn the same may still have done other work
    for (const { node } of comparison.work) if (!marks.marks.has(node)) marks.marks.set(node, 'changed');
    return marks;
  }, [difference, comparison]);
  const picture = useMemo(() => merged(base!.document, other.document), [base, other]);
  const [viewport, setViewport] = useState<Viewport | null>(null);
  const heads = data.runs.map(({ id }) => t('Run {n}', { n: id }));
  const numbers = numberRows(data);
  return (
    <>
      <div className={styles.tools}>
        {others.length > 1 && (
          <Select
            label={t('Drawn beside run {n}', { n: base!.id })}
            value={String(other.id)}
            onChange={(id) => onView({ with: Number(id) })}
            options={others.map(({ id }) => ({ id: String(id), text: t('Run {n}', { n: id }) }))}
          />
        )}
        <Switch isSelected={!all} onChange={(only) => onView({ all: only ? undefined : true })}>
          {t('Only differences')}
        </Switch>
        {data.runs.map(({ id }) => (
          <LinkButton key={id} small tone="quiet" icon="runs" href={places.run(project, id)}>
            {t('Run {n}', { n: id })}
          </LinkButton>
        ))}
      </div>
      <div className={styles.graphs}>
        <figure>
          <figcaption>{t('Run {other} against run {base}', { other: other.id, base: base!.id })}</figcaption>
          <StillGraph
            label={t('Both drawings in one')}
            document={picture}
            {...marked}
            selected={node}
            onSelect={(one) => onView({ node: one })}
            viewport={viewport}
            onViewport={setViewport}
          />
        </figure>
      </div>
      {!isSame(difference) && (
        <Changes
          difference={difference}
          before={base!.document}
          now={other.document}
          selected={node}
          onSelect={(one) => onView({ node: one })}
        />
      )}
      <SideTable title={t('Runs')} heads={heads} rows={runRows(data)} all={all} />
      <SideTable title={t('Parameters')} heads={heads} rows={parameterRows(data)} all={all} />
      <SideTable
        title={t('Work of the nodes')}
        heads={[t('Run {n}', { n: base!.id }), t('Run {n}', { n: other.id })]}
        rows={comparison.work.flatMap(({ node, name, differences }) =>
          differences.map(({ part, before, now }) => ({
            key: `${node} ${part}`,
            name: `${name} · ${part}`,
            values: [brief(before), brief(now)],
            notes: [null, null],
            differs: true,
          })),
        )}
        all={all}
      />
      <SideTable title={t('Numbers')} heads={heads} rows={numbers} all={all} />
      <RunCurves
        runs={data.runs}
        chosen={props.metric}
        options={numbers.map(({ key, name }) => ({ id: key, text: name }))}
        onChoose={(metric) => onView({ metric })}
      />
      <SideTable title={t('Artifacts')} heads={heads} rows={artifactRows(data)} all={all} />
    </>
  );
}

/** Digests are shown by their beginnings. */
const brief = (value: string | null): string | null =>
  value && /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;

function runRows({ runs }: Compared): Row[] {
  const line = (key: string, name: string, values: string[]): Row => ({
    key,
    name,
    values,
    notes: values.map(() => null),
    differs: values.some((value) => value !== values[0]),
  });
  return [
    line(
      'pipeline',
      t('Pipeline'),
      runs.map(({ pipeline, version }) => `${pipeline.name} ${t('v{n}', { n: version })}`),
    ),
    line(
      'state',
      t('State'),
      runs.map(({ status }) => statusWord(status)),
    ),
    line(
      'took',
      t('Took'),
      runs.map(({ startedAt, finishedAt }) => formatDuration(between(startedAt, finishedAt, Date.now()))),
    ),
  ];
}

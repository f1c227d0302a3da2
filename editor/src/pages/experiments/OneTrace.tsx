/** One trace: its spans as a tree with their times, and beside it what went into the chosen one, came out of it, and went wrong. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { LoggedSpan } from '@drawloom/shared/api/loggedTraces.ts';
import { useState } from 'react';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { DataGrid, type GridColumn } from '../../ui/DataGrid.tsx';
import { formatDuration, formatInstant } from '../../ui/format.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import { LongText } from '../models/LongText.tsx';
import { spanStatus, traceStatus } from './statusOf.ts';
import styles from './Traces.module.css';

export function OneTrace(props: { project: string; trace: string; onClose: () => void }) {
  const { project, trace: id } = props;
  const { data, problem, reload } = useCall(routes.getLoggedTrace, { params: { project, trace: id } });
  const [chosen, setChosen] = useState<string | null>(null);
  const back = (
    <Button small icon="chevron-left" onPress={props.onClose}>
      {t('All traces')}
    </Button>
  );
  if (!data)
    return (
      <div className={styles.head}>
        {back}
        {problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />}
      </div>
    );
  const { trace, spans, more } = data;
  const span = spans.find((one) => one.id === chosen) ?? spans[0];
  const whole = Math.max(trace.tookMs ?? 0, ...spans.map(({ afterMs, tookMs }) => afterMs + (tookMs ?? 0)), 0.001);
  return (
    <>
      <div className={styles.head}>
        {back}
        <h2>{trace.name || trace.id}</h2>
        <p>
          <StatusMark status={traceStatus(trace.state)} /> · {formatInstant(new Date(trace.startMs).toISOString())} ·{' '}
          {formatDuration(trace.tookMs)}
        </p>
        <CopyText label={t('Trace id')} text={trace.id} small />
        {more && <p>{t('It has more than is shown here. The client reads all of it.')}</p>}
      </div>
      <div className={styles.body}>
        <div className={styles.tree}>
          <DataGrid
            label={t('Spans')}
            columns={columns(whole)}
            rowCount={spans.length}
            row={(index) => spans[index]}
            selected={(one) => one.id === span?.id}
            onOpen={(one) => setChosen(one.id)}
          />
        </div>
        <aside className={styles.side} aria-label={t('Chosen span')}>
          {span && <SpanFacts span={span} />}
          <Pairs title={t('Tags')} of={Object.entries(trace.tags)} />
          <Pairs
            title={t('Assessments')}
            of={trace.assessments.map(({ name, value, by }) => [`${name} (${by})`, JSON.stringify(value)])}
          />
        </aside>
      </div>
    </>
  );
}

const columns = (whole: number): GridColumn<LoggedSpan>[] => [
  {
    id: 'name',
    title: t('Span'),
    width: 240,
    cell: ({ name, depth }) => (
      <span className={styles.name} style={{ paddingInlineStart: Math.min(depth, 12) * 14 }}>
        {name}
        <span className="visually-hidden">{t(', level {level}', { level: depth + 1 })}</span>
      </span>
    ),
  },
  { id: 'state', title: t('State'), width: 120, cell: ({ state }) => <StatusMark status={spanStatus(state)} /> },
  { id: 'took', title: t('Took'), width: 90, align: 'end', cell: ({ tookMs }) => formatDuration(tookMs) },
  {
    id: 'time',
    title: t('When'),
    width: 200,
    grow: true,
    cell: ({ afterMs, tookMs, state }) => (
      <span className={styles.time} aria-hidden>
        <span
          className={styles.bar}
          data-testid="span-time"
          data-state={state}
          style={{
            insetInlineStart: `${(100 * afterMs) / whole}%`,
            width: `${Math.max(0.5, (100 * (tookMs ?? 0)) / whole)}%`,
          }}
        />
      </span>
    ),
  },
  { id: 'type', title: t('Type'), width: 120, cell: ({ type }) => type },
];

function SpanFacts({ span }: { span: LoggedSpan }) {
  return (
    <>
      <h3>{span.name}</h3>
      {span.message && (
        <p className={styles.mistake} role="note">
          {span.message}
        </p>
      )}
      {span.inputs !== null && <Value title={t('Inputs')} text={span.inputs} />}
      {span.outputs !== null && <Value title={t('Outputs')} text={span.outputs} />}
      <Pairs title={t('Attributes')} of={Object.entries(span.attributes)} />
      {span.events.map((event) => (
        <Pairs
          key={`${event.name} ${event.afterMs}`}
          title={t('{name}, after {time}', { name: event.name, time: formatDuration(event.afterMs) })}
          of={Object.entries(event.attributes)}
          always
        />
      ))}
    </>
  );
}

const Value = ({ title, text }: { title: string; text: string }) => (
  <section className={styles.section}>
    <h4>{title}</h4>
    <LongText label={title} text={text} />
  </section>
);

function Pairs({ title, of, always }: { title: string; of: readonly (readonly [string, string])[]; always?: boolean }) {
  if (of.length === 0 && !always) return null;
  return (
    <section className={styles.section}>
      <h4>{title}</h4>
      <NamedValues caption={title} rows={of.map(([key, value]) => ({ key, value }))} />
    </section>
  );
}

/** One node's part of a run: why it ended as it did, what it made, read and logged, and what each attempt cost. */
import type { Attempt, NodeRun, NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import { isFinal } from '@drawloom/shared/run/status.ts';
import type { ReactNode } from 'react';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { useRowsBefore } from '../../live/rowChanges.ts';
import { Button, IconButton, LinkButton } from '../../ui/Button.tsx';
import { formatBytes, formatCount, formatDuration, formatInstant } from '../../ui/format.ts';
import { Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Facts } from '../../ui/Page.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import { t } from '../../words/index.ts';
import { told as saidOf } from '../../words/told.ts';
import { Artifacts } from '../artifact/Artifacts.tsx';
import { FailureNotice } from './FailureNotice.tsx';
import { Items } from './Items.tsx';
import { LogView } from './LogView.tsx';
import { NodeApproval } from './NodeApproval.tsx';
import styles from './NodePanel.module.css';
import { useReloadOn } from './reloadOn.ts';
import { isYetToRun, Waits } from './Waits.tsx';

const tabs = ['items', 'outputs', 'log', 'inputs', 'attempts', 'details'] as const;
type TabId = (typeof tabs)[number];

/** What of the node is open. Whoever shows the panel keeps it: the page of a run in its address. */
export interface NodeView {
  tab?: string | undefined;
  port?: string | undefined;
  attempt?: number | undefined;
  /** Of a node that runs once per item: which; absent for the node itself. */
  item?: number | undefined;
}

export function NodePanel(props: {
  run: Run;
  project: string;
  node: string;
  logSizes: Readonly<Record<string, number>>;
  view: NodeView;
  onView: (view: NodeView) => void;
  /** Where else this node can be looked at. */
  link: ReactNode;
  /** Back to the list of nodes, where the panel took its place. */
  onBack?: () => void;
  /** Name and state stand in the row of tabs, where height is scarce. */
  low?: boolean;
}) {
  const { run, project, node, view } = props;
  const whole = run.nodes.find((one) => one.node === node && one.mapIndex === 0);
  const item = whole?.items ? (view.item ?? 0) : 0;
  const { data, problem, reload } = useCall(routes.getNodeRun, {
    params: { run: run.id, node },
    query: item > 0 ? { mapIndex: item } : {},
  });
  const rowsBefore = useRowsBefore(run);
  // of a node that runs once per item, what is shown is one of many
  const before = (of: string, port: string) =>
    run.nodes.some((one) => one.node === of && one.items === null) ? rowsBefore.get(`${of}.${port}`) : undefined;
  useReloadOn(`${whole?.status} ${whole?.attempts} ${whole?.outputs.length} ${item > 0 && whole?.items?.done}`, reload);

  if (!whole) return <Notice>{t('This run has no node “{node}”.', { node })}</Notice>;
  const back = item > 0 && whole.items && (
    <nav className={styles.children} aria-label={t('Of an item')}>
      <Button
        small
        icon="chevron-left"
        onPress={() => props.onView({ tab: 'items', item: undefined, attempt: undefined })}
      >
        {t('All items')}
      </Button>
      <span>{t('Item {n} of {total}', { n: item, total: whole.items.total })}</span>
    </nav>
  );
  const told: NodeRunSummary | undefined = item > 0 ? (data?.mapIndex === item ? data : undefined) : whole;
  if (!told)
    return (
      <section className={styles.panel} aria-label={whole.name}>
        {back}
        {problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />}
      </section>
    );
  const attempt = view.attempt ?? data?.history.at(-1)?.attempt ?? told.attempts;
  const open = tabs.find((one) => one === view.tab && (one !== 'items' || told.items !== null));
  const tab = open ?? firstTab(told);
  const why = <Why told={told} history={data?.history} project={project} run={run} view={view} onView={props.onView} />;
  return (
    <section className={styles.panel} aria-label={told.name}>
      {!props.low && (
        <header className={styles.head}>
          {props.onBack && <IconButton small icon="chevron-left" label={t('All nodes')} onPress={props.onBack} />}
          <h2>{told.name}</h2>
          <StatusMark status={told.status} pill />
          <span className={styles.spacer} />
          {props.link}
        </header>
      )}
      {back}
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!props.low && why}
      {!props.low && isYetToRun(told) && <Waits told={told} project={project} run={run} />}
      {data && data.approval !== null && <NodeApproval id={data.approval} project={project} />}
      {data && data.children.length > 0 && (
        <nav className={styles.children} aria-label={t('Runs that it started')}>
          {data.children.map((child) => (
            <LinkButton key={child.run} small icon="pipelines" href={places.run(project, child.run)}>
              {child.round > 1 || data.children.length > 1
                ? t('Round {round}: run {n}', { round: child.round, n: child.run })
                : t('Run {n}', { n: child.run })}
              <StatusMark status={child.status} />
            </LinkButton>
          ))}
        </nav>
      )}
      <Tabs
        label={t('Of this node')}
        selected={tab}
        {...(props.low
          ? {
              end: (
                <>
                  <b className={styles.lowName}>{told.name}</b>
                  <StatusMark status={told.status} pill />
                  {props.link}
                </>
              ),
              lead: why,
            }
          : {})}
        onSelect={(id) => props.onView({ ...view, tab: id })}
        tabs={[
          ...(item === 0 && told.items
            ? [
                {
                  id: 'items' as const,
                  text: t('Items'),
                  badge: { text: `${formatCount(told.items.done)}/${formatCount(told.items.total)}` },
                  content: (
                    <Items
                      run={run.id}
                      node={node}
                      counts={told.items}
                      onOpen={(n) => props.onView({ tab: undefined, item: n, attempt: undefined })}
                    />
                  ),
                },
              ]
            : []),
          {
            id: 'outputs',
            text: t('Output'),
            badge: told.outputs.length > 1 && !told.items ? { text: String(told.outputs.length) } : null,
            content: (
              <Artifacts
                project={project}
                artifacts={data?.outputs ?? told.outputs}
                metrics={told.metrics}
                before={({ port }) => before(node, port)}
                chosen={view.port}
                onChoose={(port) => props.onView({ ...view, tab: 'outputs', port })}
                empty={
                  isFinal(told.status) ? t('This node made nothing.') : t('What it makes appears here once it is done.')
                }
              />
            ),
          },
          {
            id: 'log',
            text: t('Log'),
            content:
              attempt > 0 ? (
                <LogView
                  run={run.id}
                  node={node}
                  item={item}
                  attempt={attempt}
                  grown={props.logSizes[`${node}.${item}.${attempt}`] ?? 0}
                  live={!isFinal(told.status)}
                  failed={told.status === 'failed'}
                />
              ) : (
                <p className={styles.nothing}>{t('It has not been attempted, so there is no log.')}</p>
              ),
          },
          {
            id: 'inputs',
            text: t('Input'),
            content: data ? (
              <Artifacts
                project={project}
                artifacts={data.inputs}
                metrics={{}}
                before={({ madeBy }) => (madeBy?.run === run.id ? before(madeBy.node, madeBy.port) : undefined)}
                chosen={view.port}
                onChoose={(port) => props.onView({ ...view, tab: 'inputs', port })}
                empty={t('This node reads no other node’s output.')}
              />
            ) : (
              <Loading />
            ),
          },
          {
            id: 'attempts',
            text: t('Attempts'),
            badge: told.attempts > 1 ? { text: String(told.attempts) } : null,
            content: data ? <Attempts history={data.history} /> : <Loading />,
          },
          {
            id: 'details',
            text: t('Details'),
            content: data ? <Details data={data} project={project} /> : <Loading />,
          },
        ]}
      />
    </section>
  );
}

const firstTab = (told: NodeRunSummary): TabId =>
  told.items ? 'items' : told.status === 'running' || told.status === 'failed' ? 'log' : 'outputs';

/** What there is to say about the state, above everything else: why it failed, the source of reused work, the cause of a skip. */
function Why(props: {
  told: NodeRunSummary;
  history: readonly Attempt[] | undefined;
  project: string;
  run: Run;
  view: NodeView;
  onView: (view: NodeView) => void;
}) {
  const { told, run, project } = props;
  const last = props.history?.at(-1);
  // Of several attempts the last, unless it did not end the node: what became of the whole is the server's word.
  const failure = isFinal(told.status) ? told.failure : told.status === 'waiting' ? (last?.failure ?? null) : null;
  if (failure)
    return (
      <FailureNotice
        failure={failure}
        error={told.status === 'failed' || told.status === 'waiting' ? (last?.error ?? null) : null}
        run={run}
        project={project}
        told={told}
        onLog={() => props.onView({ ...props.view, tab: 'log' })}
        onItem={(item) => props.onView({ tab: undefined, item, attempt: undefined })}
      />
    );
  if (told.reusedFrom)
    return (
      <Notice
        role="status"
        actions={
          <LinkButton small icon="history" href={places.run(project, told.reusedFrom.run, told.reusedFrom.node)}>
            {t('Run {n}', { n: told.reusedFrom.run })}
          </LinkButton>
        }
      >
        {t('Reused from run {n}: same code, parameters, environment and inputs. Saved {time}.', {
          n: told.reusedFrom.run,
          time: formatDuration(told.reusedFrom.savedMs),
        })}
      </Notice>
    );
  if (told.message && !isYetToRun(told) && !['succeeded', 'running'].includes(told.status))
    return <Notice role="status">{saidOf(told.message)}</Notice>;
  return null;
}

function Attempts({ history }: { history: readonly Attempt[] }) {
  if (history.length === 0) return <p className={styles.nothing}>{t('Not attempted.')}</p>;
  return (
    <ol className={styles.attempts}>
      {[...history].reverse().map((attempt) => (
        <li key={attempt.attempt}>
          <h3>
            {t('Attempt {n}', { n: attempt.attempt })}
            <span className={styles.reason} data-good={attempt.reason === 'ok' ? '' : undefined}>
              {endOf(attempt)}
            </span>
          </h3>
          <Facts
            of={[
              [t('Started'), formatInstant(attempt.startedAt)],
              [t('Took'), formatDuration(attempt.wallMs)],
              [t('CPU time'), formatDuration(attempt.cpuMs)],
              [t('Peak memory'), memoryOf(attempt)],
              ...(attempt.exitCode === null ? [] : [[t('Exit code'), String(attempt.exitCode)] as const]),
              ...(attempt.signal ? [[t('Signal'), attempt.signal] as const] : []),
              [t('Isolation'), attempt.isolation || '–'],
              [t('Worker'), attempt.worker],
              [t('Log'), formatBytes(attempt.logBytes)],
            ]}
          />
        </li>
      ))}
    </ol>
  );
}

const endOf = ({ reason, failure }: Attempt): string =>
  reason === null
    ? t('under way')
    : reason === 'ok'
      ? t('Done.')
      : (failure?.summary ?? t('It went on waiting, for something that needs no worker.'));

const memoryOf = (attempt: Attempt): string =>
  attempt.peakMemoryBytes === null
    ? '–'
    : attempt.memoryLimitBytes === null
      ? formatBytes(attempt.peakMemoryBytes)
      : t('{peak} of {limit}', {
          peak: formatBytes(attempt.peakMemoryBytes),
          limit: formatBytes(attempt.memoryLimitBytes),
        });

function Details({ data, project }: { data: NodeRun; project: string }) {
  return (
    <div className={styles.details}>
      <h3>{data.reuse.reused ? t('Why it was reused') : t('Why it was not reused')}</h3>
      <p>{saidOf(data.reuse.summary)}</p>
      {data.reuse.differences.length > 0 && (
        <table className={styles.differences}>
          <thead>
            <tr>
              <th scope="col">{t('Part')}</th>
              <th scope="col">
                {data.reuse.comparedWith ? (
                  <a href={places.run(project, data.reuse.comparedWith.run, data.reuse.comparedWith.node)}>
                    {t('Run {n}', { n: data.reuse.comparedWith.run })}
                  </a>
                ) : (
                  t('Before')
                )}
              </th>
              <th scope="col">{t('Now')}</th>
            </tr>
          </thead>
          <tbody>
            {data.reuse.differences.map((difference) => (
              <tr key={difference.part}>
                <td>{difference.part}</td>
                <td>
                  <code>{difference.before ?? '–'}</code>
                </td>
                <td>
                  <code>{difference.now ?? '–'}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h3>{t('Parameters')}</h3>
      {Object.keys(data.parameters).length === 0 ? (
        <p className={styles.muted}>{t('None.')}</p>
      ) : (
        <Facts
          of={Object.entries(data.parameters).map(([name, value]) => [
            name,
            <code key={name}>{typeof value === 'string' ? value : JSON.stringify(value)}</code>,
          ])}
        />
      )}
      {data.code && (
        <>
          <h3>{t('Code that ran')}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
          <pre className={styles.code} tabIndex={0}>
            {data.code.split('\n').map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines never change places
              <span key={index} data-line={index + 1}>
                {line || ' '}
              </span>
            ))}
          </pre>
        </>
      )}
    </div>
  );
}

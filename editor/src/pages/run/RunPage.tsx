/** One run: how far it is, when each node ran, and what the selected node read, made, logged and why it ended as it did. */
import type { Run } from '@drawloom/shared/api/runs.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { go } from '../../app/go.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { useRun } from '../../live/followRun.ts';
import { Button, LinkButton, Segmented } from '../../ui/Button.tsx';
import { formatInstant } from '../../ui/format.ts';
import { Loading, Notice } from '../../ui/notices.tsx';
import { Confirm, Menu, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Split, useNarrow, usePanel } from '../../ui/Panels.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Ago, Elapsed } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { told } from '../../words/told.ts';
import { ForgottenRun, forgottenIn } from './ForgottenRun.tsx';
import { mostTelling } from './mostTelling.ts';
import { NodePanel } from './NodePanel.tsx';
import { PinButton } from './PinButton.tsx';
import { ReproductionView } from './ReproductionView.tsx';
import { RunLog } from './RunLog.tsx';
import styles from './RunPage.module.css';
import { Timeline } from './Timeline.tsx';

export function RunPage() {
  const { project, run: text } = useParams({ from: '/p/$project/runs/$run' });
  const id = Number(text);
  const search = useSearch({ from: '/p/$project/runs/$run' });
  const navigate = useNavigate({ from: '/p/$project/runs/$run' });
  const { run, problem, logSizes } = useRun(project, id);
  const panel = usePanel('run-node');
  // there, the node takes the place of the list; the address says which of them is shown
  const narrow = useNarrow();

  const forgotten = problem && forgottenIn(problem);
  if (forgotten) return <ForgottenRun project={project} run={forgotten} />;
  if (problem && !run)
    return (
      <Page title={t('Run {n}', { n: text })}>
        <PageProblem
          problem={problem}
          icon="runs"
          missing={t('There is no run {n}', { n: text })}
          back={{ href: places.runs(project), text: t('Go to runs') }}
        />
      </Page>
    );
  if (!run)
    return (
      <Page title={t('Run {n}', { n: text })}>
        <Loading />
      </Page>
    );
  const selected = search.node ?? mostTelling(run);
  const select = (node: string) => {
    if (!narrow) panel.setOpen(true);
    void navigate({
      search: (before) => ({ tab: before.tab, view: before.view, node }),
      replace: search.node !== undefined,
    });
  };
  return (
    <Page
      title={t('Run {n}', { n: run.id })}
      sub={<Summary run={run} />}
      actions={<Actions run={run} project={project} selected={selected} />}
      flush
    >
      <Split
        name="run-node"
        side="right"
        label={t('Selected node')}
        size={620}
        min={320}
        max={1400}
        {...(narrow ? { isOpen: search.node !== undefined } : {})}
        panel={
          selected && (
            <NodePanel
              key={`${run.id} ${selected}`}
              run={run}
              project={project}
              node={selected}
              logSizes={logSizes}
              view={search}
              {...(narrow ? { onBack: () => void navigate({ search: (before) => ({ view: before.view }) }) } : {})}
              onView={(view) =>
                void navigate({ search: (before) => ({ ...before, ...view, node: selected }), replace: true })
              }
              link={
                <LinkButton
                  small
                  icon="edit"
                  href={`${places.pipeline(project, run.pipeline.id)}?node=${encodeURIComponent(selected)}&run=${run.id}`}
                >
                  {t('Edit')}
                </LinkButton>
              }
            />
          )
        }
      >
        <div className={styles.overview}>
          {run.message && (
            <Notice tone={run.status === 'failed' ? 'failed' : 'info'} role="status">
              {told(run.message)}
            </Notice>
          )}
          {run.reproduces !== null && <ReproductionView run={run} project={project} />}
          <Kept run={run} />
          <Parameters run={run} />
          <Segmented
            label={t('What of the run is shown')}
            value={search.view === 'log' ? 'log' : 'timeline'}
            onChange={(view) =>
              void navigate({
                search: (before) => ({ ...before, view: view === 'log' ? view : undefined }),
                replace: true,
              })
            }
            options={[
              { id: 'timeline', text: t('Timeline'), icon: 'timeline' },
              { id: 'log', text: t('Whole log'), icon: 'log' },
            ]}
          />
          {search.view === 'log' ? (
            <div className={styles.wholeLog}>
              <RunLog run={run} logSizes={logSizes} selected={selected} onSelect={select} />
            </div>
          ) : (
            <Timeline run={run} selected={selected} onSelect={select} />
          )}
        </div>
      </Split>
    </Page>
  );
}

function Summary({ run }: { run: Run }) {
  return (
    <span className={styles.summary}>
      <StatusMark status={run.pausedAt ? 'paused' : run.status} pill />
      <span>
        {run.pipeline.name} {t('v{n}', { n: run.version })}
      </span>
      {run.startedAt && (
        <span>
          <Elapsed from={run.startedAt} to={run.finishedAt} />
        </span>
      )}
      <span>
        <Ago at={run.createdAt} /> <Starter run={run} />
      </span>
      {run.parent && (
        <LinkButton tone="quiet" small icon="pipelines" href={places.run(run.project, run.parent.run)}>
          {t('part of {n}', { n: run.parent.run })}
        </LinkButton>
      )}
      {run.scope && <span>{scopeWords(run)}</span>}
      {run.replayOf !== null && (
        <LinkButton tone="quiet" small icon="history" href={places.run(run.project, run.replayOf)}>
          {t('rerun of {n}', { n: run.replayOf })}
        </LinkButton>
      )}
    </span>
  );
}

/** The part of the pipeline that it does. */
function scopeWords({ scope, document }: Run): string {
  const names = (ids: readonly string[]) => ids.map((id) => document.nodes[id]?.name ?? id).join(', ');
  if (scope?.from) return t('from “{nodes}” on', { nodes: names(scope.from) });
  return t('to “{nodes}”', { nodes: names(scope?.to ?? []) });
}

/** Who or what wanted the run, and for which time where it was due at one. */
function Starter({ run }: { run: Run }) {
  const { kind, id, by, name, runSet, nominalAt } = run.trigger;
  if (nominalAt === null) return t('by {who}', { who: by });
  const what = starterWords(kind, name);
  return (
    <>
      {runSet ? (
        <Link to="/p/$project/run-sets/$runSet" params={{ project: run.project, runSet }}>
          {t('by a backfill')}
        </Link>
      ) : id ? (
        <Link to="/p/$project/triggers" params={{ project: run.project }} search={{ pipeline: run.pipeline.id }}>
          {what}
        </Link>
      ) : (
        what
      )}
      {nominalAt && (
        <>
          {', '}
          {kind === 'webhook' ? t('received') : t('for')} <time dateTime={nominalAt}>{formatInstant(nominalAt)}</time>
        </>
      )}
    </>
  );
}

function starterWords(kind: Run['trigger']['kind'], name: string | null): string {
  if (kind === 'webhook') return name ? t('by the webhook “{name}”', { name }) : t('by a webhook');
  if (kind === 'data') return name ? t('by new data, “{name}”', { name }) : t('by new data');
  if (kind === 'sensor') return name ? t('by the sensor “{name}”', { name }) : t('by a sensor');
  if (kind === 'ask') return name ? t('to ask the sensor “{name}”', { name }) : t('to ask a sensor');
  return name ? t('by the schedule “{name}”', { name }) : t('by a schedule');
}

const nameOf = (run: Run, node: string | undefined): string =>
  run.nodes.find((one) => one.node === node)?.name ?? node ?? '';

function Actions({ run, project, selected }: { run: Run; project: string; selected: string | undefined }) {
  const mayRun = useMay(project, 'run.execute');
  const mayCancel = useMay(project, 'run.cancel');
  const [asking, setAsking] = useState(false);
  const over = isRunFinal(run.status);
  const stopping = run.status === 'cancelling';
  const tidies = Object.values(run.document.nodes).some((node) => node.finally);
  const again = async (start: () => Promise<{ run: { id: number } }>) => {
    try {
      go(places.run(project, (await start()).run.id));
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const params = { run: run.id };
  const rerun = (body: { only: 'failed' | 'all' } | { from: string[] }) =>
    again(() => call(routes.rerunRun, { params, body }));
  const act = async (route: typeof routes.cancelRun | typeof routes.pauseRun | typeof routes.resumeRun) => {
    try {
      await call(route, { params: { run: run.id } });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <>
      <LinkButton href={`${places.pipeline(project, run.pipeline.id)}?run=${run.id}`} icon="pipelines">
        {t('Show on the drawing')}
      </LinkButton>
      <LinkButton href={`${places.runs(project)}?pipeline=${run.pipeline.id}&marked=${run.id}`} icon="compare">
        {t('Compare')}
      </LinkButton>
      {!over && mayCancel && run.status !== 'cancelling' && (
        <Button
          icon={run.pausedAt ? 'play' : 'pause'}
          onPress={() => void act(run.pausedAt ? routes.resumeRun : routes.pauseRun)}
        >
          {run.pausedAt ? t('Go on') : t('Pause')}
        </Button>
      )}
      {!over && mayCancel && (
        <Button icon="stop" onPress={() => setAsking(true)} isDisabled={stopping && !tidies}>
          {!stopping ? t('Stop') : tidies ? t('Stop the end too') : t('Stopping…')}
        </Button>
      )}
      {over && mayRun && !run.parent && <PinButton run={run} />}
      {over && mayRun && !run.parent && (
        <Menu
          label={t('Run again')}
          trigger={
            <Button tone="primary" icon="refresh">
              {t('Run again')}
            </Button>
          }
          groups={[
            {
              entries: [
                {
                  id: 'failed',
                  text: t('What failed, and what follows it'),
                  icon: 'refresh',
                  disabled: run.status === 'succeeded',
                  onAction: () => void rerun({ only: 'failed' }),
                },
                {
                  id: 'from',
                  text: t('From “{node}” on', { node: nameOf(run, selected) }),
                  icon: 'play',
                  disabled: selected === undefined,
                  onAction: () => selected !== undefined && void rerun({ from: [selected] }),
                },
                {
                  id: 'all',
                  text: t('Every node, reusing nothing'),
                  icon: 'play',
                  onAction: () => void rerun({ only: 'all' }),
                },
              ],
            },
            {
              entries: [
                {
                  id: 'reproduce',
                  text: t('Reproduce, and compare what comes of it'),
                  icon: 'copy',
                  onAction: () => void again(() => call(routes.reproduceRun, { params, body: {} })),
                },
              ],
            },
          ]}
        />
      )}
      {asking && (
        <Confirm
          title={t('Stop run {n}?', { n: run.id })}
          action={t('Stop the run')}
          danger
          onConfirm={() => void act(routes.cancelRun)}
          onClose={() => setAsking(false)}
        >
          {stopping
            ? t('What runs at the end of every run is ended as well, and may leave something behind.')
            : t('Nodes that run are ended, nodes that wait do not start. What is finished stays, and can be reused.')}
          {!stopping && tidies && ` ${t('What is meant to run at the end still does.')}`}
        </Confirm>
      )}
    </>
  );
}

/** Who keeps it and why, and what of it is not kept any more. */
function Kept({ run }: { run: Run }) {
  const { pin, outputsForgottenAt, logsForgottenAt } = run;
  if (!pin && !outputsForgottenAt && !logsForgottenAt) return null;
  return (
    <Notice role="status">
      {pin && (
        <p>
          {t('Pinned by {who} on {when}.', { who: pin.by, when: formatInstant(pin.at) })} {pin.note}
        </p>
      )}
      {outputsForgottenAt && (
        <p>
          {t('Its outputs are not kept since {when}, other than where another run needs them.', {
            when: formatInstant(outputsForgottenAt),
          })}
        </p>
      )}
      {logsForgottenAt && <p>{t('Its logs were forgotten on {when}.', { when: formatInstant(logsForgottenAt) })}</p>}
    </Notice>
  );
}

function Parameters({ run }: { run: Run }) {
  const entries = inOrder(run.parameters);
  if (entries.length === 0) return null;
  return (
    <dl className={styles.parameters} aria-label={t('Parameters of this run')}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The triggers of a project: what starts by itself, when it does next, and what came of the last time. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { isClock } from '@drawloom/shared/trigger/occasion.ts';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { go } from '../../app/go.ts';
import { places } from '../../app/places.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { formatInstant } from '../../ui/format.ts';
import { EmptyState, Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { BackfillDialog } from '../run-sets/BackfillDialog.tsx';
import { clockSentence, clockText, occasionSentence } from './clockSentence.ts';
import { NextTimes } from './NextTimes.tsx';
import { valueText } from './ParameterFields.tsx';
import { SensorFacts } from './SensorFacts.tsx';
import { SigningKeyDialog } from './SigningKeyDialog.tsx';
import { overlaps, TriggerDialog } from './TriggerDialog.tsx';
import { FireOutcome, TriggerHistory } from './TriggerHistory.tsx';
import styles from './TriggersPage.module.css';

const all = 'all';

export function TriggersPage() {
  const { project } = useParams({ from: '/p/$project/triggers' });
  const { pipeline } = useSearch({ from: '/p/$project/triggers' });
  const navigate = useNavigate({ from: '/p/$project/triggers' });
  const mayManage = useMay(project, 'schedule.manage');
  const [open, setOpen] = useState<Trigger | 'new' | null>(null);
  const [backfill, setBackfill] = useState<Trigger | null>(null);
  const [history, setHistory] = useState<Trigger | null>(null);
  const [removing, setRemoving] = useState<Trigger | null>(null);
  const [key, setKey] = useState<{ of: Trigger; made: string | null } | null>(null);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const list = useCall(routes.listTriggers, { params: { project }, query: pipeline ? { pipeline } : {} });
  const { reload } = list;
  useEffect(
    () =>
      subscribe(project, { onReset: reload }, (events) => {
        if (events.some((event) => event.kind === 'run')) reload();
      }),
    [project, reload],
  );
  const replace = (changed: Trigger) =>
    list.put(({ triggers }) => ({ triggers: triggers.map((one) => (one.id === changed.id ? changed : one)) }));
  const enable = async (trigger: Trigger, enabled: boolean) => {
    replace({ ...trigger, enabled });
    try {
      replace(await call(routes.changeTrigger, { params: { trigger: trigger.id }, body: { enabled } }));
    } catch (error) {
      replace(trigger);
      toast(problemOf(error).message, 'failed');
    }
  };
  const remove = async (trigger: Trigger) => {
    try {
      await call(routes.removeTrigger, { params: { trigger: trigger.id } });
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const triggers = list.data?.triggers;
  const none = pipelines.data?.pipelines.length === 0;
  const add = (
    <Button tone="primary" icon="plus" onPress={() => setOpen('new')} data-testid="new-trigger">
      {t('New trigger')}
    </Button>
  );
  return (
    <Page
      title={t('Triggers')}
      sub={triggers && t('{n, plural, =0 {} one {# trigger} other {# triggers}}', { n: triggers.length })}
      actions={
        <>
          <LinkButton href={places.runSets(project)} icon="history">
            {t('Run sets')}
          </LinkButton>
          {mayManage && triggers && triggers.length > 0 && add}
        </>
      }
    >
      {((triggers && triggers.length > 0 && (pipelines.data?.pipelines.length ?? 0) > 1) || pipeline) && (
        <search className={styles.tools} aria-label={t('Filter triggers')}>
          <Select
            label={t('Pipeline')}
            value={pipeline ?? all}
            onChange={(id) => void navigate({ search: id === all ? {} : { pipeline: id }, replace: true })}
            options={[
              { id: all, text: t('All pipelines') },
              ...(pipelines.data?.pipelines ?? []).map((one) => ({ id: one.id, text: one.name })),
            ]}
          />
        </search>
      )}
      {list.problem && <ProblemNotice problem={list.problem} onRetry={reload} />}
      {list.loading && !triggers && <Loading />}
      {triggers && triggers.length > 0 && (
        <ul className={styles.list}>
          {triggers.map((one) => (
            <TriggerCard
              key={one.id}
              trigger={one}
              project={project}
              mayManage={mayManage}
              onEnable={(enabled) => void enable(one, enabled)}
              onOpen={() => setOpen(one)}
              onHistory={() => setHistory(one)}
              onBackfill={() => setBackfill(one)}
              onKey={() => setKey({ of: one, made: null })}
              onRemove={() => setRemoving(one)}
            />
          ))}
        </ul>
      )}
      {triggers?.length === 0 && (
        <EmptyState
          icon="schedules"
          title={pipeline ? t('This pipeline has no trigger') : t('Nothing starts by itself yet')}
          actions={
            none ? (
              <LinkButton href={places.pipelines(project)} tone="primary" icon="pipelines">
                {t('Draw a pipeline first')}
              </LinkButton>
            ) : (
              mayManage && add
            )
          }
        >
          {mayManage
            ? t(
                'A trigger starts a pipeline by itself: every morning, on the last working day of a month, or when another program sends a message.',
              )
            : t('A trigger starts a pipeline by itself. Your role may look at triggers, not make them.')}
        </EmptyState>
      )}
      {open && (
        <TriggerDialog
          project={project}
          {...(open === 'new' ? { pipeline: pipeline ?? onlyOne(pipelines.data?.pipelines) } : { trigger: open })}
          onClose={() => setOpen(null)}
          onSaved={(saved, made) => {
            setOpen(null);
            if (made) setKey({ of: saved, made });
            reload();
          }}
        />
      )}
      {backfill && (
        <BackfillDialog
          project={project}
          trigger={backfill}
          onClose={() => setBackfill(null)}
          onStarted={(set) => go(`${places.runSets(project)}/${set.id}`)}
        />
      )}
      {key && <SigningKeyDialog trigger={key.of} made={key.made} onClose={() => setKey(null)} onChanged={reload} />}
      {history && <TriggerHistory trigger={history} project={project} onClose={() => setHistory(null)} />}
      {removing && (
        <Confirm
          title={t('Remove this trigger?')}
          action={t('Remove')}
          danger
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        >
          {isClock(removing.on)
            ? t('“{name}” will no longer start by itself at these times. Runs that it started stay.', {
                name: removing.pipeline.name,
              })
            : removing.on.kind === 'data'
              ? t('New data will not start it any more. Runs that it started stay.')
              : removing.on.kind === 'sensor'
                ? t('Its sensor will not be asked any more. Runs that it started stay.')
                : t('Messages to its address will be refused. Runs that it started stay.')}
        </Confirm>
      )}
    </Page>
  );
}

const onlyOne = (list: readonly { id: string }[] | undefined): string | undefined =>
  list?.length === 1 ? list[0]?.id : undefined;

function TriggerCard(props: {
  trigger: Trigger;
  project: string;
  mayManage: boolean;
  onEnable: (enabled: boolean) => void;
  onOpen: () => void;
  onHistory: () => void;
  onBackfill: () => void;
  onKey: () => void;
  onRemove: () => void;
}) {
  const { trigger, project, mayManage } = props;
  const { pipeline, on, lastFire } = trigger;
  const sentence = isClock(on) ? clockSentence(on) : occasionSentence(on);
  return (
    <li className={styles.card} data-off={trigger.enabled ? undefined : ''}>
      <div className={styles.switch}>
        <Switch
          aria-label={t('“{name}” starts by itself: {when}', { name: pipeline.name, when: occasionSentence(on) })}
          isSelected={trigger.enabled}
          isDisabled={!mayManage}
          onChange={props.onEnable}
        />
      </div>
      <div className={styles.what}>
        <h2 className={styles.name}>
          <Link to="/p/$project/pipelines/$pipeline" params={{ project, pipeline: pipeline.id }}>
            {pipeline.name}
          </Link>
          {trigger.version !== null && <span className={styles.muted}> {t('v{n}', { n: trigger.version })}</span>}
        </h2>
        {trigger.name && <p>{trigger.name}</p>}
        {sentence && <p className={styles.sentence}>{sentence}</p>}
        <p className={styles.muted}>
          {isClock(on) && (
            <>
              <code>{clockText(on)}</code>
              {' · '}
              {on.timeZone.replaceAll('_', ' ')}
              {' · '}
            </>
          )}
          {t('Overlap: {rule}', {
            rule: overlaps()
              .find(({ id }) => id === trigger.overlap)!
              .text.toLowerCase(),
          })}
        </p>
        {trigger.webhook && <CopyText label={t('Address')} text={trigger.webhook.address} small />}
        <ParameterLine parameters={trigger.parameters} />
        {trigger.paused && <Notice tone="warning">{pausedSentence(trigger.paused, trigger.actsFor)}</Notice>}
      </div>
      <div className={styles.fact}>
        {isClock(on) ? (
          <>
            <h3>{t('Next times')}</h3>
            {trigger.next.length > 0 ? (
              <NextTimes times={trigger.next} timeZone={on.timeZone} />
            ) : (
              <p className={styles.muted}>{trigger.enabled ? t('None') : t('None while it is off')}</p>
            )}
          </>
        ) : on.kind === 'data' ? (
          <>
            <h3>{t('Waits for')}</h3>
            <p>{t('{n, plural, one {One input} other {# inputs}}', { n: on.inputs.length })}</p>
          </>
        ) : on.kind === 'sensor' ? (
          <SensorFacts trigger={trigger} project={project} />
        ) : (
          <>
            <h3>{t('Signing key')}</h3>
            <p>{t('Kept sealed')}</p>
            {trigger.webhook?.oldKeyUntil && (
              <p className={styles.muted}>
                {t('The one before is taken until {time}', { time: formatInstant(trigger.webhook.oldKeyUntil) })}
              </p>
            )}
          </>
        )}
      </div>
      <div className={styles.fact}>
        <h3>
          {isClock(on)
            ? t('Last time')
            : on.kind === 'data'
              ? t('Last new data')
              : on.kind === 'sensor'
                ? t('Last find')
                : t('Last message')}
        </h3>
        {lastFire ? (
          <>
            <p>
              <Ago at={lastFire.nominalAt} />
            </p>
            <FireOutcome fire={lastFire} project={project} />
          </>
        ) : (
          <p className={styles.muted}>{t('Not yet')}</p>
        )}
        <p className={styles.muted}>{t('Made by {who}', { who: trigger.createdBy })}</p>
        {trigger.actsFor !== trigger.createdBy && (
          <p className={styles.muted}>{t('Acts for {who}', { who: trigger.actsFor })}</p>
        )}
      </div>
      <div className={styles.actions}>
        <Button small icon="history" onPress={props.onHistory}>
          {t('History')}
        </Button>
        {mayManage && (
          <>
            {isClock(on) ? (
              <Button small icon="restore" onPress={props.onBackfill}>
                {t('Backfill')}
              </Button>
            ) : (
              on.kind === 'webhook' && (
                <Button small icon="key" onPress={props.onKey}>
                  {t('New key')}
                </Button>
              )
            )}
            <Button small icon="edit" onPress={props.onOpen}>
              {t('Edit')}
            </Button>
            <Button small icon="trash" tone="quiet" onPress={props.onRemove}>
              {t('Remove')}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}

function pausedSentence({ why, run }: NonNullable<Trigger['paused']>, who: string): string {
  if (why === 'rights')
    return t('It stopped: {who}, whom it acts for, may not manage triggers here any more.', { who });
  if (run === null) return t('It switched itself off, because no run could be started.');
  return t('It switched itself off, because run {run} failed.', { run });
}

function ParameterLine({ parameters }: Pick<Trigger, 'parameters'>) {
  const entries = inOrder(parameters);
  if (entries.length === 0) return null;
  return (
    <ul className={styles.muted}>
      {entries.map(([name, value]) => (
        <li key={name}>
          <code>{name}</code>: {valueText(value)}
        </li>
      ))}
    </ul>
  );
}

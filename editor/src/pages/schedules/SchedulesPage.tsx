/** The schedules of a project: what starts by itself, when it does next, and what came of the last time. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Schedule } from '@drawloom/shared/api/schedules.ts';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { cronSentence } from './cronSentence.ts';
import { NextTimes } from './NextTimes.tsx';
import { ScheduleDialog } from './ScheduleDialog.tsx';
import styles from './SchedulesPage.module.css';

const all = 'all';

export function SchedulesPage() {
  const { project } = useParams({ from: '/p/$project/schedules' });
  const { pipeline } = useSearch({ from: '/p/$project/schedules' });
  const navigate = useNavigate({ from: '/p/$project/schedules' });
  const mayManage = useMay(project, 'schedule.manage');
  const [open, setOpen] = useState<Schedule | 'new' | null>(null);
  const [removing, setRemoving] = useState<Schedule | null>(null);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const list = useCall(routes.listSchedules, { params: { project }, query: pipeline ? { pipeline } : {} });
  const { reload } = list;
  useEffect(
    () =>
      subscribe(project, { onReset: reload }, (events) => {
        if (events.some((event) => event.kind === 'run')) reload();
      }),
    [project, reload],
  );
  const replace = (changed: Schedule) =>
    list.put(({ schedules }) => ({ schedules: schedules.map((one) => (one.id === changed.id ? changed : one)) }));
  const enable = async (schedule: Schedule, enabled: boolean) => {
    replace({ ...schedule, enabled });
    try {
      replace(await call(routes.changeSchedule, { params: { schedule: schedule.id }, body: { enabled } }));
    } catch (error) {
      replace(schedule);
      toast(problemOf(error).message, 'failed');
    }
  };
  const remove = async (schedule: Schedule) => {
    try {
      await call(routes.removeSchedule, { params: { schedule: schedule.id } });
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const schedules = list.data?.schedules;
  const none = pipelines.data?.pipelines.length === 0;
  const add = (
    <Button tone="primary" icon="plus" onPress={() => setOpen('new')} data-testid="new-schedule">
      {t('New schedule')}
    </Button>
  );
  return (
    <Page
      title={t('Schedules')}
      sub={schedules && t('{n, plural, =0 {} one {# schedule} other {# schedules}}', { n: schedules.length })}
      actions={mayManage && schedules && schedules.length > 0 && add}
    >
      {((schedules && schedules.length > 0 && (pipelines.data?.pipelines.length ?? 0) > 1) || pipeline) && (
        <search className={styles.tools} aria-label={t('Filter schedules')}>
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
      {list.loading && !schedules && <Loading />}
      {schedules && schedules.length > 0 && (
        <ul className={styles.list}>
          {schedules.map((one) => (
            <ScheduleCard
              key={one.id}
              schedule={one}
              project={project}
              mayManage={mayManage}
              onEnable={(enabled) => void enable(one, enabled)}
              onOpen={() => setOpen(one)}
              onRemove={() => setRemoving(one)}
            />
          ))}
        </ul>
      )}
      {schedules?.length === 0 && (
        <EmptyState
          icon="schedules"
          title={pipeline ? t('This pipeline has no schedule') : t('Nothing starts by itself yet')}
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
            ? t('A schedule runs a pipeline by the clock: every morning, every Monday, every ten minutes.')
            : t('A schedule runs a pipeline by the clock. Your role may look at schedules, not make them.')}
        </EmptyState>
      )}
      {open && (
        <ScheduleDialog
          project={project}
          {...(open === 'new' ? { pipeline: pipeline ?? onlyOne(pipelines.data?.pipelines) } : { schedule: open })}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null);
            reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('Remove this schedule?')}
          action={t('Remove')}
          danger
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        >
          {t('“{name}” will no longer start by itself at these times. Runs that it started stay.', {
            name: removing.pipeline.name,
          })}
        </Confirm>
      )}
    </Page>
  );
}

const onlyOne = (list: readonly { id: string }[] | undefined): string | undefined =>
  list?.length === 1 ? list[0]?.id : undefined;

function ScheduleCard(props: {
  schedule: Schedule;
  project: string;
  mayManage: boolean;
  onEnable: (enabled: boolean) => void;
  onOpen: () => void;
  onRemove: () => void;
}) {
  const { schedule, project, mayManage } = props;
  const { pipeline, cron, lastFire } = schedule;
  const sentence = cronSentence(cron);
  const parameters = Object.entries(schedule.parameters);
  return (
    <li className={styles.card} data-off={schedule.enabled ? undefined : ''}>
      <div className={styles.switch}>
        <Switch
          aria-label={t('“{name}” starts by itself: {when}', { name: pipeline.name, when: sentence ?? cron })}
          isSelected={schedule.enabled}
          isDisabled={!mayManage}
          onChange={props.onEnable}
        />
      </div>
      <div className={styles.what}>
        <h2 className={styles.name}>
          <Link to="/p/$project/pipelines/$pipeline" params={{ project, pipeline: pipeline.id }}>
            {pipeline.name}
          </Link>
        </h2>
        {sentence && <p className={styles.sentence}>{sentence}</p>}
        <p className={styles.muted}>
          <code>{cron}</code>
          {' · '}
          {schedule.timeZone.replaceAll('_', ' ')}
        </p>
        {parameters.length > 0 && (
          <p className={styles.muted}>
            <code>
              {parameters
                .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
                .join('  ')}
            </code>
          </p>
        )}
      </div>
      <div className={styles.fact}>
        <h3>{t('Next times')}</h3>
        {schedule.next.length > 0 ? (
          <NextTimes times={schedule.next} timeZone={schedule.timeZone} />
        ) : (
          <p className={styles.muted}>{schedule.enabled ? t('None') : t('None while it is off')}</p>
        )}
      </div>
      <div className={styles.fact}>
        <h3>{t('Last time')}</h3>
        {lastFire ? (
          <>
            <p>
              <Ago at={lastFire.firedAt} />
            </p>
            {lastFire.run !== null ? (
              <p>
                <Link to="/p/$project/runs/$run" params={{ project, run: String(lastFire.run) }}>
                  {t('Run {run}', { run: lastFire.run })}
                </Link>
              </p>
            ) : (
              <p className={styles.muted}>{t('No run was started')}</p>
            )}
          </>
        ) : (
          <p className={styles.muted}>{t('Not yet')}</p>
        )}
        <p className={styles.muted}>{t('Made by {who}', { who: schedule.createdBy })}</p>
      </div>
      {mayManage && (
        <div className={styles.actions}>
          <Button small icon="edit" onPress={props.onOpen}>
            {t('Edit')}
          </Button>
          <Button small icon="trash" tone="quiet" onPress={props.onRemove}>
            {t('Remove')}
          </Button>
        </div>
      )}
    </li>
  );
}

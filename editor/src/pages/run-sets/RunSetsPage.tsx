/** The run sets of a project: runs that are wanted together, such as a backfill's, and how far they are. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { RunSet } from '@drawloom/shared/api/runSets.ts';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { inZone } from '../triggers/NextTimes.tsx';
import { BackfillDialog } from './BackfillDialog.tsx';
import styles from './RunSets.module.css';
import { allOf, SetProgress, setStatusWord } from './SetProgress.tsx';

export function RunSetsPage() {
  const { project } = useParams({ from: '/p/$project/run-sets' });
  const navigate = useNavigate();
  const mayManage = useMay(project, 'schedule.manage');
  const [open, setOpen] = useState(false);
  const [older, setOlder] = useState<{ items: RunSet[]; next: string | null } | null>(null);
  const list = useCall(routes.listRunSets, { params: { project }, query: { limit: 50 } });
  const { reload } = list;
  useEffect(
    () =>
      subscribe(project, { onReset: reload }, (events) => {
        if (events.some((event) => event.kind === 'run')) reload();
      }),
    [project, reload],
  );
  const next = older ? older.next : list.data?.next;
  const more = async () => {
    try {
      const page = await call(routes.listRunSets, { params: { project }, query: { limit: 50, after: next! } });
      setOlder({ items: [...(older?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const sets = list.data && [...list.data.items, ...(older?.items ?? [])];
  const add = (
    <Button tone="primary" icon="plus" onPress={() => setOpen(true)} data-testid="new-backfill">
      {t('Backfill')}
    </Button>
  );
  return (
    <Page title={t('Run sets')} actions={mayManage && sets && sets.length > 0 && add}>
      {list.problem && <ProblemNotice problem={list.problem} onRetry={reload} />}
      {list.loading && !sets && <Loading />}
      {sets?.length === 0 && (
        <EmptyState icon="history" title={t('No run sets yet')} actions={mayManage && add}>
          {t('A backfill runs a pipeline for every time of a range, a few at a time, such as each month of last year.')}
        </EmptyState>
      )}
      {sets && sets.length > 0 && <SetTable sets={sets} project={project} />}
      {next && (
        <Button small onPress={() => void more()}>
          {t('Show more')}
        </Button>
      )}
      {open && (
        <BackfillDialog
          project={project}
          onClose={() => setOpen(false)}
          onStarted={(set) =>
            void navigate({ to: '/p/$project/run-sets/$runSet', params: { project, runSet: set.id } })
          }
        />
      )}
    </Page>
  );
}

function SetTable({ sets, project }: { sets: readonly RunSet[]; project: string }) {
  return (
    <Table
      caption={t('Run sets, newest first')}
      rows={sets}
      keyOf={({ id }) => id}
      columns={[
        {
          head: t('Run set'),
          cell: ({ id, name, pipeline }) => (
            <>
              <Link to="/p/$project/run-sets/$runSet" params={{ project, runSet: id }}>
                {name || pipeline.name}
              </Link>
              {name && <div className={styles.muted}>{pipeline.name}</div>}
            </>
          ),
        },
        {
          head: t('Times'),
          cell: ({ on, counts, from, until }) => {
            const day = inZone(on.timeZone, 'day');
            return t('{n}, {from} to {until}', {
              n: allOf(counts),
              from: day(from),
              until: day(new Date(Date.parse(until) - 1).toISOString()),
            });
          },
        },
        { head: t('State'), cell: ({ status }) => setStatusWord(status) },
        { head: t('Progress'), kind: 'number', cell: ({ counts }) => <SetProgress counts={counts} /> },
        {
          head: t('Begun'),
          cell: ({ createdAt, createdBy }) => (
            <>
              <Ago at={createdAt} />
              <div className={styles.muted}>{t('by {who}', { who: createdBy })}</div>
            </>
          ),
        },
      ]}
    />
  );
}

/** What waits for whoever looks, and everything that was ever asked in the project. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import { useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { approvalsChanged, useApprovalChanges } from '../../api/approvals.ts';
import { call, problemOf, routes } from '../../api/call.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { Button, Segmented } from '../../ui/Button.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { ApprovalCard } from './ApprovalCard.tsx';
import styles from './Approvals.module.css';

export function ApprovalsPage() {
  const { project } = useParams({ from: '/p/$project/approvals' });
  const [which, setWhich] = useState<'mine' | 'all'>('mine');
  const [older, setOlder] = useState<{ items: Approval[]; next: string | null } | null>(null);
  /** Answered just now: they stay in sight. */
  const [answered, setAnswered] = useState<ReadonlyMap<number, Approval>>(new Map());
  const query = { limit: 50, ...(which === 'mine' && { mine: 'true' as const }) };
  const { data, problem, loading, reload } = useCall(routes.listApprovals, { params: { project }, query });
  useApprovalChanges(reload);
  useEffect(() => subscribe(project, { onReset: approvalsChanged }, () => {}), [project]);
  const next = older ? older.next : data?.next;
  const more = async () => {
    try {
      const page = await call(routes.listApprovals, { params: { project }, query: { ...query, after: next! } });
      setOlder({ items: [...(older?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const read = data && [...data.items, ...(older?.items ?? [])];
  const shown =
    read &&
    [...read, ...[...answered.values()].filter(({ id }) => !read.some((one) => one.id === id))]
      .map((one) => answered.get(one.id) ?? one)
      .sort((a, b) => b.id - a.id);
  return (
    <Page
      title={t('Approvals')}
      actions={
        <Segmented
          label={t('Which')}
          options={[
            { id: 'mine', text: t('Waiting for you') },
            { id: 'all', text: t('All') },
          ]}
          value={which}
          onChange={(id) => {
            setWhich(id);
            setOlder(null);
            setAnswered(new Map());
          }}
        />
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !shown && <Loading />}
      {shown?.length === 0 && (
        <EmptyState icon="shield" title={which === 'mine' ? t('Nothing waits for you') : t('Nothing was ever asked')}>
          {t(
            'A node of the type “Approval” asks people before its run goes on, and whoever registers a model asks for its promotion. What is asked of you stands here.',
          )}
        </EmptyState>
      )}
      {shown && shown.length > 0 && (
        <div className={styles.list}>
          {shown.map((approval) => (
            <ApprovalCard
              key={approval.id}
              approval={approval}
              project={project}
              linked
              onAnswered={(one) => setAnswered((before) => new Map(before).set(one.id, one))}
            />
          ))}
        </div>
      )}
      {next && (
        <Button small onPress={() => void more()}>
          {t('Show more')}
        </Button>
      )}
    </Page>
  );
}

/** What was done in the project, by whom, newest first. */
import { routes } from '@drawloom/shared/api/index.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { Button } from '../../ui/Button.tsx';
import { formatInstant } from '../../ui/format.ts';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Table } from '../../ui/Table.tsx';
import { t } from '../../words/index.ts';
import { Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

type AuditPage = z.output<typeof routes.listAudit.answer>;
type Entry = AuditPage['items'][number];

export function Audit({ project }: { project: string }) {
  const { entries, next, loading, problem, read } = useAudit(project);
  return (
    <Section
      title={t('Audit')}
      about={t('Every change and every refusal in this project, newest first.')}
      actions={
        <Button icon="refresh" onPress={() => read()}>
          {t('Look again')}
        </Button>
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={() => read()} />}
      {loading && !entries && <Loading />}
      {entries?.length === 0 && <EmptyState icon="log" title={t('Nothing has been done here yet')} />}
      {entries && entries.length > 0 && (
        <Table
          caption={t('Audit, newest first')}
          rows={entries}
          keyOf={({ id }) => id}
          columns={[
            {
              head: t('When'),
              kind: 'number',
              cell: ({ at }) => <time dateTime={at}>{formatInstant(at)}</time>,
            },
            { head: t('Who'), cell: ({ actor }) => actor },
            { head: t('What'), kind: 'wrap', cell: ({ action }) => <span title={action}>{actionText(action)}</span> },
            {
              head: t('Outcome'),
              cell: ({ outcome }) => (
                <span className={outcome === 'allowed' ? undefined : styles.bad}>{outcomeWord(outcome)}</span>
              ),
            },
            {
              head: t('object::On'),
              kind: 'clip',
              cell: ({ object }) => (object ? <code title={object}>{object}</code> : null),
            },
            {
              head: t('Details'),
              kind: 'details',
              cell: (entry) => (Object.keys(entry.details).length > 0 ? <code>{detailsOf(entry)}</code> : null),
            },
          ]}
        />
      )}
      {next && (
        <div className={styles.more}>
          <Button onPress={() => read(next)} isPending={loading}>
            {t('Show older entries')}
          </Button>
        </div>
      )}
    </Section>
  );
}

/** What the route of that name says of itself, without its particulars. */
const actionText = (action: string): string => {
  const { summary } = (routes as Record<string, { summary?: string }>)[action] ?? {};
  return summary ? summary.split(/[:;(]/)[0]!.trim() : action;
};

const detailsOf = (entry: Entry): string =>
  Object.entries(entry.details)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');

function outcomeWord(outcome: Entry['outcome']): string {
  switch (outcome) {
    case 'allowed':
      return t('Done');
    case 'denied':
      return t('Refused');
    case 'failed':
      return t('Failed');
  }
}

/** Reads page after page; `read()` begins anew. */
function useAudit(project: string) {
  const [state, setState] = useState<{
    entries: Entry[] | null;
    next: string | null;
    loading: boolean;
    problem: ProblemError | null;
  }>({ entries: null, next: null, loading: true, problem: null });
  const turn = useRef(0);
  const read = useCallback(
    async (after?: string) => {
      const mine = ++turn.current;
      setState((before) => ({ ...before, loading: true }));
      try {
        const page = await call(routes.listAudit, {
          params: { project },
          query: { limit: 50, ...(after ? { after } : {}) },
        });
        if (mine !== turn.current) return;
        setState((before) => ({
          entries: after ? [...(before.entries ?? []), ...page.items] : page.items,
          next: page.next,
          loading: false,
          problem: null,
        }));
      } catch (error) {
        if (mine === turn.current) setState((before) => ({ ...before, loading: false, problem: problemOf(error) }));
      }
    },
    [project],
  );
  useEffect(() => void read(), [read]);
  return { ...state, read: (after?: string) => void read(after) };
}

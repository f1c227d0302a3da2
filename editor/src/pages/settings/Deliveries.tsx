/** What was sent and what is to be sent, with what came back; what was given up can be sent again. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Delivery } from '@drawloom/shared/api/notifications.ts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { statusIcon } from '../../ui/StatusMark.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { deliveryStatus, deliveryWord } from './newsWords.ts';
import { Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function Deliveries({ project }: { project: string }) {
  const { data, problem, loading, reload } = useCall(routes.listDeliveries, {
    params: { project },
    query: { limit: 25 },
  });
  const [sending, setSending] = useState<number | null>(null);
  const again = async (delivery: number) => {
    setSending(delivery);
    try {
      const { state, problem: why } = await call(routes.sendAgain, { params: { project, delivery } });
      toast(
        state === 'delivered' ? t('Delivered') : (why ?? deliveryWord(state)),
        state === 'delivered' ? 'success' : 'failed',
      );
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    setSending(null);
    reload();
  };
  return (
    <Section
      title={t('Messages')}
      about={t('The last ones, with what the receiver answered. What is not taken is tried again for some hours.')}
      actions={
        <Button icon="refresh" isPending={loading} onPress={reload}>
          {t('Look again')}
        </Button>
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!data && loading && <Loading />}
      {data?.items.length === 0 && (
        <EmptyState icon="log" title={t('Nothing was sent yet')}>
          {t('Send a test message to try a channel.')}
        </EmptyState>
      )}
      {data && data.items.length > 0 && (
        <Table
          caption={t('Messages')}
          rows={data.items}
          keyOf={({ id }) => id}
          columns={[
            {
              head: t('Message'),
              cell: ({ run, title, createdAt }) => (
                <>
                  {run === null ? (
                    title
                  ) : (
                    <Link to="/p/$project/runs/$run" params={{ project, run: String(run) }}>
                      {title}
                    </Link>
                  )}
                  <br />
                  <span className={styles.muted}>
                    <Ago at={createdAt} />
                  </span>
                </>
              ),
            },
            { head: t('Channel'), cell: ({ channel }) => channel.name },
            { head: t('State'), cell: (one) => <State of={one} /> },
            {
              head: t('Answer'),
              kind: 'details',
              cell: ({ status, problem: why, answer }) =>
                [why ?? status, answer].filter((part) => part !== null && part !== '').join(' · '),
            },
            {
              head: null,
              cell: (one) =>
                one.state !== 'delivered' &&
                one.news !== 'test' && (
                  <Button small isPending={sending === one.id} onPress={() => void again(one.id)}>
                    {t('Send again')}
                  </Button>
                ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function State({ of }: { of: Delivery }) {
  return (
    <>
      <span className={of.state === 'given_up' ? styles.bad : undefined}>
        <Icon name={statusIcon(deliveryStatus(of.state))} size={12} /> {deliveryWord(of.state)}
      </span>
      {of.tries > 1 && (
        <span className={styles.muted}> {t('{n, plural, one {# try} other {# tries}}', { n: of.tries })}</span>
      )}
    </>
  );
}

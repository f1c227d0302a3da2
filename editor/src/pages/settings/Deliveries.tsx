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
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { deliveryStatus, deliveryWord } from './newsWords.ts';
import { Section, Table } from './parts.tsx';
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
          {t('Read again')}
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
        <Table caption={t('Messages')} columns={[t('Message'), t('Channel'), t('State'), t('Answer'), null]}>
          {data.items.map((one) => (
            <tr key={one.id}>
              <td>
                {one.run === null ? (
                  one.title
                ) : (
                  <Link to="/p/$project/runs/$run" params={{ project, run: String(one.run) }}>
                    {one.title}
                  </Link>
                )}
                <br />
                <span className={styles.muted}>
                  <Ago at={one.createdAt} />
                </span>
              </td>
              <td>{one.channel.name}</td>
              <td data-outcome={one.state === 'given_up' ? 'failed' : undefined}>
                <State of={one} />
              </td>
              <td className={styles.details}>
                {[one.status, one.problem, one.answer].filter((part) => part !== null && part !== '').join(' · ')}
              </td>
              <td className={styles.end}>
                {one.state !== 'delivered' && one.news !== 'test' && (
                  <Button small isPending={sending === one.id} onPress={() => void again(one.id)}>
                    {t('Send again')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function State({ of }: { of: Delivery }) {
  return (
    <>
      <Icon name={statusIcon(deliveryStatus(of.state))} size={12} /> {deliveryWord(of.state)}
      {of.tries > 1 && (
        <span className={styles.muted}> {t('{n, plural, one {# try} other {# tries}}', { n: of.tries })}</span>
      )}
    </>
  );
}

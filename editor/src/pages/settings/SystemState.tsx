/** The state of the house: how well attempts are kept apart, which environments and workers there are, and how full it is. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { System } from '@drawloom/shared/api/system.ts';
import { type ReactNode, useEffect } from 'react';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { formatBytes } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState, Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Facts } from '../../ui/Page.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function SystemState({ project }: { project: string }) {
  const { data, problem, loading, reload } = useCall(routes.getSystem, {});
  useEffect(
    () =>
      subscribe(project, { onReset: reload }, (events) => {
        if (events.some((event) => event.kind === 'environment')) reload();
      }),
    [project, reload],
  );
  if (!data) return problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />;
  return (
    <>
      <Section
        title={t('Isolation')}
        about={t('How well the code of nodes is kept from this machine and from other attempts.')}
        actions={
          <Button icon="refresh" isPending={loading} onPress={reload}>
            {t('Look again')}
          </Button>
        }
      >
        <Isolation of={data.isolation} />
      </Section>
      <Section title={t('Environments')} about={t('The packages that node code can import.')}>
        {data.environments.length === 0 && <EmptyState icon="python" title={t('There is no environment yet')} />}
        {data.environments.map((one) => (
          <Environment key={one.name} of={one} />
        ))}
      </Section>
      <Section title={t('Workers')}>
        {data.workers.length === 0 ? (
          <EmptyState icon="offline" title={t('No worker has reported')}>
            {t('Runs wait until one does. Start one with “drawloom worker”.')}
          </EmptyState>
        ) : (
          <Table
            caption={t('Workers')}
            rows={data.workers}
            keyOf={({ id }) => id}
            columns={[
              { head: t('Machine'), cell: ({ host }) => <strong>{host}</strong> },
              { head: t('State'), cell: ({ alive }) => (alive ? t('Alive') : t('Silent')) },
              {
                head: t('Attempts'),
                kind: 'number',
                cell: ({ running, capacity }) => t('{running} of {capacity}', { running, capacity }),
              },
              { head: t('Tags'), cell: ({ tags }) => tags.join(', ') || '–' },
              { head: t('Isolation'), cell: ({ isolation }) => levelWord(isolation) },
              { head: t('Last heard of'), cell: ({ lastBeatAt }) => <Ago at={lastBeatAt} /> },
            ]}
          />
        )}
      </Section>
      <Section title={t('Database and storage')}>
        <div className={styles.boxed}>
          <Facts
            of={[
              [t('Drawloom'), data.version],
              [
                t('Database'),
                data.database.embedded
                  ? t('Postgres {version}, built in', { version: data.database.version })
                  : t('Postgres {version}', { version: data.database.version }),
              ],
              [t('Database size'), formatBytes(data.database.sizeBytes)],
              [t('Artifacts'), formatBytes(data.storage.artifactBytes)],
              [t('Free'), formatBytes(data.storage.freeBytes)],
            ]}
          />
        </div>
      </Section>
    </>
  );
}

function Isolation({ of }: { of: System['isolation'] }) {
  if (of.level === 'full')
    return (
      <Notice>
        <strong>{t('Full.')}</strong>{' '}
        {t(
          'Every attempt runs apart: it sees its own files and nothing of this machine, other attempts or the network.',
        )}
      </Notice>
    );
  return (
    <Notice tone={of.level === 'none' ? 'failed' : 'warning'}>
      <strong>{of.level === 'none' ? t('None.') : t('Partial.')}</strong>{' '}
      {of.level === 'none'
        ? t('Code of nodes runs with the rights of the worker. Let only people whom you trust edit code.')
        : t('Attempts are kept apart, except for this:')}
      {of.missing.length > 0 && (
        <ul>
          {of.missing.map((name) => (
            <li key={name}>{missingMeaning(name)}</li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function missingMeaning(name: string): string {
  const meanings: Record<string, () => string> = {
    namespaces: () => t('Attempts share processes, network and mounts with this machine (no user namespaces).'),
    'system call filter': () => t('No system call is forbidden to them (no seccomp filter).'),
    landlock: () => t('Files are protected by their permissions alone (the kernel has no Landlock).'),
    proc: () => t('They have no /proc, because this container masks it; programs that need it fail.'),
    environment: () => t('They can see environment variables of the worker.'),
    'worker memory': () => t('They can read memory of the worker.'),
    'other processes': () => t('They can see processes of this machine.'),
    'other attempts': () => t('They can see other attempts.'),
    network: () => t('They can reach the network.'),
    loopback: () => t('They can reach services of this machine.'),
    'abstract sockets': () => t('They can reach sockets of this machine.'),
    writes: () => t('They can write outside of their own folder.'),
    'no worker has reported yet': () => t('No worker has reported yet, so nothing is known.'),
  };
  return meanings[name]?.() ?? t('Not held: {name}', { name });
}

function levelWord(level: string): string {
  if (level === 'full') return t('Full');
  if (level === 'partial') return t('Partial');
  return level === 'none' ? t('None') : level;
}

function Environment({ of }: { of: System['environments'][number] }) {
  const state: Record<typeof of.status, ReactNode> = {
    ready: <StatusMark status="succeeded" iconOnly />,
    building: <StatusMark status="running" iconOnly />,
    failed: <StatusMark status="failed" iconOnly />,
  };
  return (
    <details className={styles.environment}>
      <summary>
        {state[of.status]}
        <strong>{of.name}</strong>
        <span className={styles.muted}>
          {of.status === 'building' && t('is being built')}
          {of.status === 'failed' && t('could not be built')}
          {of.status === 'ready' && t('{n, plural, one {# package} other {# packages}}', { n: of.packages.length })}
        </span>
        <span className={styles.opens}>
          <Icon name="chevron-down" size={12} />
        </span>
      </summary>
      {of.message && <p className={styles.message}>{of.message}</p>}
      <ul className={styles.packages}>
        {of.packages.map((one) => (
          <li key={one.name}>
            <span>{one.name}</span> <code>{one.version}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}

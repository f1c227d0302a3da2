/** Settings: one's own (appearance, account, tokens), the project's (members, secrets, audit) and the house's (people, system). */
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useMay } from '../../api/session.ts';
import { places } from '../../app/places.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import { EmptyState } from '../../ui/notices.tsx';
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { Account } from './Account.tsx';
import { Appearance } from './Appearance.tsx';
import { Audit } from './Audit.tsx';
import { Members } from './Members.tsx';
import { Notifications } from './Notifications.tsx';
import { People } from './People.tsx';
import { Pools } from './Pools.tsx';
import { Retention } from './Retention.tsx';
import { Secrets } from './Secrets.tsx';
import styles from './SettingsPage.module.css';
import { SystemState } from './SystemState.tsx';
import { Tokens } from './Tokens.tsx';

interface Entry {
  id: string;
  text: string;
  icon: IconName;
  show: ReactNode;
}

export function SettingsPage() {
  const { project, section } = useParams({ from: '/p/$project/settings/$section' });
  const mayView = useMay(project, 'project.view');
  const mayNotify = useMay(project, 'schedule.manage');
  const mayAudit = useMay(project, 'audit.read');
  const admin = useMay(project, 'instance.admin');
  const groups: { heading: string; entries: (Entry | false)[] }[] = [
    {
      heading: t('You'),
      entries: [
        { id: 'appearance', text: t('Appearance'), icon: 'sun', show: <Appearance /> },
        { id: 'account', text: t('Account'), icon: 'person', show: <Account /> },
        { id: 'tokens', text: t('API tokens'), icon: 'key', show: <Tokens project={project} /> },
      ],
    },
    {
      heading: t('Project'),
      entries: [
        mayView && { id: 'members', text: t('Members'), icon: 'person', show: <Members project={project} /> },
        mayView && { id: 'secrets', text: t('Secrets'), icon: 'lock', show: <Secrets project={project} /> },
        mayView && { id: 'pools', text: t('Pools'), icon: 'hourglass', show: <Pools project={project} /> },
        mayView && {
          id: 'retention',
          text: t('Retention'),
          icon: 'archive',
          show: <Retention project={project} />,
        },
        mayNotify && {
          id: 'notifications',
          text: t('Notifications'),
          icon: 'bolt',
          show: <Notifications project={project} />,
        },
        mayAudit && { id: 'audit', text: t('Audit'), icon: 'log', show: <Audit project={project} /> },
      ],
    },
    {
      heading: t('Instance'),
      entries: [
        admin && { id: 'people', text: t('People'), icon: 'person', show: <People /> },
        { id: 'system', text: t('System'), icon: 'shield', show: <SystemState project={project} /> },
      ],
    },
  ];
  // on a narrow screen the sections are one line, of which the chosen one may be out of sight
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another section is chosen
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [section]);
  const shown = groups.flatMap(({ entries }) => entries).find((one) => one && one.id === section);
  return (
    <Page title={t('Settings')} flush>
      <div className={styles.layout}>
        <nav ref={nav} className={styles.nav} aria-label={t('Sections of the settings')}>
          {groups.map(({ heading, entries }) => (
            <div key={heading} className={styles.navGroup}>
              <h2>{heading}</h2>
              {entries.map(
                (one) =>
                  one && (
                    <Link
                      key={one.id}
                      to="/p/$project/settings/$section"
                      params={{ project, section: one.id }}
                      className={styles.navLink!}
                    >
                      <Icon name={one.icon} size={14} />
                      {one.text}
                    </Link>
                  ),
              )}
            </div>
          ))}
        </nav>
        <div className={styles.body} key={section}>
          {shown ? (
            shown.show
          ) : (
            <EmptyState
              icon="settings"
              title={t('There is no such section, or it is not yours to see')}
              actions={<LinkButton href={places.settings(project)}>{t('Go to appearance')}</LinkButton>}
            />
          )}
        </div>
      </div>
    </Page>
  );
}

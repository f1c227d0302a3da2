/** The frame around every page of a project: where one can go, who one is, and whether the server is there. */
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useWaitingForMe } from '../api/approvals.ts';
import { useLine } from '../api/line.ts';
import { signOut, useSession } from '../api/session.ts';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { Menu, type MenuGroup } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import { setDensity, setTheme, useAppearance } from './appearance.ts';
import { go } from './go.ts';
import { NotYourProject } from './NoProject.tsx';
import { places } from './places.ts';
import styles from './Shell.module.css';

export function Shell() {
  const { project } = useParams({ from: '/p/$project' });
  const signedInPerson = useSession(({ session }) => session !== null);
  const href = useRouterState({ select: (state) => state.location.href });
  useEffect(() => {
    if (!signedInPerson) go(`${places.signIn}?next=${encodeURIComponent(href)}`, true);
  }, [signedInPerson, href]);
  const isTheirs = useSession(({ session }) => !session || session.projects.some((one) => one.id === project));
  if (!isTheirs) return <NotYourProject />;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        {t('Skip to content')}
      </a>
      <Rail project={project} />
      <div className={styles.content}>
        <OfflineBanner />
        <Outlet />
      </div>
    </div>
  );
}

function Rail({ project }: { project: string }) {
  return (
    <nav className={styles.rail} aria-label={t('Places')}>
      <Link to="/p/$project/pipelines" params={{ project }} className={styles.brand} aria-label="Drawloom">
        <img src="/icon.svg" alt="" width={28} height={28} />
      </Link>
      <Place to="/p/$project/pipelines" project={project} icon="pipelines" text={t('Pipelines')} />
      <Place to="/p/$project/runs" project={project} icon="runs" text={t('Runs')} />
      <Place to="/p/$project/experiments" project={project} icon="metrics" text={t('Experiments')} />
      <Place to="/p/$project/models" project={project} icon="model" text={t('Models')} />
      <Place to="/p/$project/triggers" project={project} icon="schedules" text={t('Triggers')} />
      <Approvals project={project} />
      <span className={styles.space} />
      <Link to="/p/$project/settings" params={{ project }} className={styles.place!}>
        <Icon name="settings" size={18} />
        {t('Settings')}
      </Link>
      <PersonMenu project={project} />
    </nav>
  );
}

function Place(props: {
  to:
    | '/p/$project/pipelines'
    | '/p/$project/runs'
    | '/p/$project/experiments'
    | '/p/$project/models'
    | '/p/$project/triggers';
  project: string;
  icon: IconName;
  text: string;
}) {
  return (
    <Link
      to={props.to}
      params={{ project: props.project }}
      className={styles.place!}
      activeOptions={{ includeSearch: false }}
    >
      <Icon name={props.icon} size={18} />
      {props.text}
    </Link>
  );
}

/** With how many of them wait for whoever looks. */
function Approvals({ project }: { project: string }) {
  const place = useRouterState({ select: (state) => state.location.pathname });
  const { count, more } = useWaitingForMe(project, place);
  return (
    <Link to="/p/$project/approvals" params={{ project }} className={styles.place!}>
      <Icon name="shield" size={18} />
      {t('Approvals')}
      {count > 0 && (
        <span className={styles.count}>
          <span aria-hidden="true">{more ? `${count}+` : count}</span>
          <span className="visually-hidden">
            {t('{n, plural, one {One waits for you} other {# wait for you}}', { n: count })}
          </span>
        </span>
      )}
    </Link>
  );
}

function PersonMenu({ project }: { project: string }) {
  const person = useSession(({ session }) => session?.person);
  const projects = useSession(({ session }) => session?.projects);
  const { theme, density } = useAppearance();
  if (!person) return null;
  const groups: MenuGroup[] = [
    {
      heading: t('Projects'),
      entries: (projects ?? []).map((one) => ({
        id: `project-${one.id}`,
        text: one.name,
        selected: one.id === project,
        onAction: () => go(places.pipelines(one.id)),
      })),
    },
    {
      heading: t('Theme'),
      entries: [
        {
          id: 'system',
          text: t('As the system'),
          icon: 'settings',
          selected: theme === 'system',
          onAction: () => setTheme('system'),
        },
        { id: 'light', text: t('Light'), icon: 'sun', selected: theme === 'light', onAction: () => setTheme('light') },
        { id: 'dark', text: t('Dark'), icon: 'moon', selected: theme === 'dark', onAction: () => setTheme('dark') },
      ],
    },
    {
      heading: t('Density'),
      entries: [
        {
          id: 'comfortable',
          text: t('Comfortable'),
          selected: density === 'comfortable',
          onAction: () => setDensity('comfortable'),
        },
        { id: 'compact', text: t('Compact'), selected: density === 'compact', onAction: () => setDensity('compact') },
      ],
    },
    {
      entries: [
        { id: 'account', text: t('Account'), icon: 'person', onAction: () => go(places.settings(project, 'account')) },
        { id: 'sign-out', text: t('Sign out'), icon: 'external', onAction: () => void signOut() },
      ],
    },
  ];
  return (
    <Menu
      label={person.name}
      groups={groups}
      trigger={
        <AriaButton
          className={styles.avatar!}
          aria-label={t('{initials}, {name}: account and appearance', {
            initials: initials(person.name),
            name: person.name,
          })}
        >
          {initials(person.name)}
        </AriaButton>
      }
    />
  );
}

const initials = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');

function OfflineBanner() {
  const online = useLine((line) => line.online);
  if (online) return <div role="status" className="visually-hidden" />;
  return (
    <div role="status" className={styles.banner}>
      <Icon name="offline" />
      {t('The server cannot be reached. What you change is kept on this machine and saved once it is back.')}
    </div>
  );
}

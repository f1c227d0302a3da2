/** The head of the editor: where one is, whether it is saved, undo and redo, and Run. */
import { Link } from '@tanstack/react-router';
import { keysOf } from '../../app/commands.ts';
import { places } from '../../app/places.ts';
import { useCardFacts } from '../../canvas/cardFacts.ts';
import { useDrawing } from '../../document/DrawingContext.tsx';
import { Button, IconButton, LinkButton } from '../../ui/Button.tsx';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import { Menu, type MenuGroup } from '../../ui/overlays.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { commands } from './commands.ts';
import styles from './PipelinePage.module.css';
import type { PageContext } from './pageContext.ts';

const command = (id: string) => commands.find((one) => one.id === id)!;
const firstKey = (id: string) => keysOf(command(id))[0] ?? '';

export function TopBar({ context, project, busy }: { context: PageContext | null; project: string; busy: boolean }) {
  const name = useDrawing((state) => state.document.name);
  const back = useDrawing((state) => state.history.past.at(-1)?.name);
  const forth = useDrawing((state) => state.history.future[0]?.name);
  const readOnly = useDrawing((state) => state.readOnly);
  const act = (id: string) => context && command(id).run(context);
  return (
    <header className={styles.bar}>
      <div className={styles.crumb}>
        <Link to="/p/$project/pipelines" params={{ project }} aria-label={t('All pipelines')}>
          <Icon name="chevron-left" />
        </Link>
        <h1 title={name}>{name}</h1>
      </div>
      <SavingState />
      <span className={styles.gap} />
      <RunState project={project} />
      <span className={`${styles.together} ${styles.wide}`}>
        <IconButton
          icon="undo"
          label={back ? t('Undo: {name}', { name: back }) : t('Nothing to undo')}
          keys={firstKey('undo')}
          isDisabled={!back || readOnly}
          onPress={() => act('undo')}
        />
        <IconButton
          icon="redo"
          label={forth ? t('Redo: {name}', { name: forth }) : t('Nothing to redo')}
          keys={firstKey('redo')}
          isDisabled={!forth || readOnly}
          onPress={() => act('redo')}
        />
        <IconButton
          icon="search"
          label={t('Find anything')}
          keys={firstKey('palette')}
          onPress={() => act('palette')}
        />
      </span>
      {context && (
        <Menu label={t('More')} groups={menuGroups(context)} trigger={<IconButton icon="more" label={t('More')} />} />
      )}
      <Button
        tone="primary"
        icon="play"
        isPending={busy}
        isDisabled={!context?.mayRun}
        onPress={() => act('run')}
        data-testid="run"
      >
        {t('do::Run')}
      </Button>
    </header>
  );
}

export function menuGroups(context: PageContext, ids?: readonly (readonly string[])[]): MenuGroup[] {
  const groups = ids ?? [
    ['undo', 'redo', 'tidy', 'select-all'],
    ['panel-left', 'panel-right', 'panel-bottom', 'minimap', 'theme'],
    ['run', 'run-at-once'],
    ['freeze', 'export'],
    ['palette', 'sheet'],
  ];
  return groups.map((group) => ({
    entries: group.map((id) => {
      const one = command(id);
      const [keys] = keysOf(one);
      return {
        id,
        text: one.title,
        ...(one.icon ? { icon: one.icon } : {}),
        ...(keys ? { keys } : {}),
        disabled: !(one.when?.(context) ?? true),
        ...(id.startsWith('delete') ? { tone: 'danger' as const } : {}),
        onAction: () => one.run(context),
      };
    }),
  }));
}

function SavingState() {
  const saving = useDrawing((state) => state.saving);
  const readOnly = useDrawing((state) => state.readOnly);
  if (readOnly) return <State icon="lock" text={t('Read only')} />;
  switch (saving.is) {
    case 'saved':
      return <State icon="saved" text={t('Saved')} title={<Ago at={new Date(saving.at).toISOString()} />} />;
    case 'unsaved':
    case 'saving':
      return <State icon="saving" text={t('Saving…')} />;
    case 'offline':
      return <State icon="offline" text={t('Kept on this machine')} tone="warning" />;
    case 'refused':
      return <State icon="error" text={saving.problem.message} tone="failed" />;
  }
}
function State({
  icon,
  text,
  tone,
  title,
}: {
  icon: IconName;
  text: string;
  tone?: 'warning' | 'failed';
  title?: React.ReactNode;
}) {
  return (
    <span className={styles.saving} role="status" data-tone={tone} data-testid="saving">
      <Icon name={icon} size={15} />
      {text}
      {title && <span className="visually-hidden">{title}</span>}
    </span>
  );
}

function RunState({ project }: { project: string }) {
  const run = useCardFacts((facts) => facts.run);
  const status = useCardFacts((facts) => facts.status);
  if (run === null || status === null) return null;
  return (
    <span className={`${styles.runState} ${styles.wide}`}>
      <StatusMark status={status} pill />
      <LinkButton small tone="quiet" href={places.run(project, run)}>
        {t('Run {run}', { run })}
      </LinkButton>
    </span>
  );
}

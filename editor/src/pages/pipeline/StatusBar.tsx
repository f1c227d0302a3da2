/** The line below the drawing: what is wrong, how it ran, how large it is; on a narrow screen, the way to where it is edited. */
import { useDrawing } from '../../document/DrawingContext.tsx';
import { useShownRun } from '../../live/shownRun.ts';
import { Icon } from '../../ui/Icon.tsx';
import { usePanel } from '../../ui/Panels.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';
import { panels, toggleDrawer, usePage } from './pageState.ts';

export function StatusBar({ onOutline }: { onOutline: () => void }) {
  const count = useDrawing((state) => Object.keys(state.document.nodes).length);
  const edges = useDrawing((state) => Object.keys(state.document.edges).length);
  const selected = useDrawing((state) => state.selection.nodes.size);
  return (
    <footer className={styles.status}>
      <ProblemCount onPress={() => toggleDrawer('problems')} />
      <ResultButton />
      <button type="button" className={`${styles.statusButton} ${styles.narrow}`} onClick={onOutline}>
        <Icon name="outline" size={14} />
        {t('Edit in the outline')}
      </button>
      <span className={styles.wide}>
        {t('{n, plural, one {# node} other {# nodes}}', { n: count })},{' '}
        {t('{n, plural, one {# wire} other {# wires}}', { n: edges })}
      </span>
      {selected > 0 && <span className={styles.wide}>{t('{n} selected', { n: selected })}</span>}
    </footer>
  );
}

/** Opens and closes the drawer at what the run made. */
function ResultButton() {
  const run = useShownRun((shown) => shown.run);
  const { open } = usePanel(panels.bottom, false);
  const at = usePage((page) => page.drawer);
  return (
    <button
      type="button"
      className={styles.statusButton}
      aria-expanded={open && at === 'result'}
      onClick={() => toggleDrawer('result')}
      data-testid="show-result"
    >
      {run ? <StatusMark status={run.status} iconOnly /> : <Icon name="panel-bottom" size={14} />}
      {run ? t('Result of run {n}', { n: run.id }) : t('Result')}
    </button>
  );
}

function ProblemCount({ onPress }: { onPress: () => void }) {
  const errors = useDrawing((state) => state.problems.filter((problem) => problem.severity === 'error').length);
  const warnings = useDrawing((state) => state.problems.length) - errors;
  return (
    <button
      type="button"
      className={styles.statusButton}
      data-tone={errors > 0 ? 'failed' : 'ok'}
      onClick={onPress}
      data-testid="problem-count"
    >
      <Icon name={errors > 0 ? 'error' : 'check'} size={14} />
      {errors > 0 ? t('{n, plural, one {# error} other {# errors}}', { n: errors }) : t('No errors')}
      {warnings > 0 && `, ${t('{n, plural, one {# warning} other {# warnings}}', { n: warnings })}`}
    </button>
  );
}

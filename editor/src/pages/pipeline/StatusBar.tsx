/** The line below the drawing: what is wrong, how it ran, how large it is; on a narrow screen, the way to where it is edited. */
import { useDrawing } from '../../document/DrawingContext.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import { ResultButton } from './Drawer.tsx';
import styles from './PipelinePage.module.css';
import { ProblemCount } from './Problems.tsx';
import { toggleDrawer } from './pageState.ts';

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

/** Everything that is wrong with the drawing; a click puts the cursor where it can be put right. */
import type { Problem } from '@drawloom/shared/problem.ts';
import { useDrawing } from '../../document/DrawingContext.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';

export function Problems({ onOpen }: { onOpen: (problem: Problem) => void }) {
  const problems = useDrawing((state) => state.problems);
  const nodes = useDrawing((state) => state.document.nodes);
  return (
    <>
      {problems.length === 0 ? (
        <EmptyState icon="check" title={t('Nothing is wrong')}>
          {t('This pipeline can run.')}
        </EmptyState>
      ) : (
        <ul className={styles.problems}>
          {problems.slice(0, 500).map((problem) => (
            <li key={`${problem.at} ${problem.code} ${problem.message}`}>
              <button
                type="button"
                className={styles.problem}
                data-severity={problem.severity}
                onClick={() => onOpen(problem)}
              >
                <Icon name={problem.severity === 'error' ? 'error' : 'warning'} size={15} />
                <span>
                  {problem.message} {problem.line && <small>{t('line {line}', { line: problem.line })}</small>}
                </span>
                {problem.node && <small>{nodes[problem.node]?.name}</small>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

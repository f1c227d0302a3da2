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

export function ProblemCount({ onPress }: { onPress: () => void }) {
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

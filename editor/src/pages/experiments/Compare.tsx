/** Several runs side by side: what was put in and what came out, and only what differs when that is asked. */
import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { t } from '../../words/index.ts';
import { cellText, columnsOf, differs, kindOf, kindWord, nameOf } from './columns.ts';
import styles from './Experiments.module.css';

export function Compare({ runs, onlyDifferences }: { runs: readonly TrackedRun[]; onlyDifferences: boolean }) {
  const rows = columnsOf(runs).filter((id) => !onlyDifferences || differs(runs, id));
  return (
    <div className={styles.pad}>
      <table className={styles.compare}>
        <caption className="visually-hidden">{t('The chosen runs side by side')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Name')}</th>
            {runs.map((run) => (
              <th scope="col" key={run.id}>
                {run.name}
              </th>
            ))}
          </tr>
        </thead>
        {(['parameters', 'metrics', 'tags'] as const)
          .filter((kind) => rows.some((id) => kindOf(id) === kind))
          .map((kind) => (
            <tbody key={kind}>
              <tr>
                <th scope="rowgroup" colSpan={runs.length + 1}>
                  {kindWord(kind)}
                </th>
              </tr>
              {rows
                .filter((id) => kindOf(id) === kind)
                .map((id) => (
                  <tr key={id} data-differs={differs(runs, id) ? '' : undefined}>
                    <th scope="row">{nameOf(id)}</th>
                    {runs.map((run) => (
                      <td key={run.id}>{cellText(run, id)}</td>
                    ))}
                  </tr>
                ))}
            </tbody>
          ))}
      </table>
    </div>
  );
}

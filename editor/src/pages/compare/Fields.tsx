/** Fields that differ, each with what it was and what it is; code is shown line by line. */
import type { Json } from '@drawloom/shared/json.ts';
import type { FieldDifference } from '@drawloom/shared/pipeline/difference.ts';
import { t } from '../../words/index.ts';
import { CodeDiff } from './CodeDiff.tsx';
import styles from './Compare.module.css';

export function Fields({ fields, language }: { fields: readonly FieldDifference[]; language: string }) {
  const code = fields.find(({ path }) => path.join() === 'code');
  const rest = fields.filter((field) => field !== code);
  return (
    <>
      {rest.length > 0 && (
        <table className={styles.fields}>
          <thead>
            <tr>
              <th scope="col">{t('Field')}</th>
              <th scope="col">{t('Before')}</th>
              <th scope="col">{t('Now')}</th>
            </tr>
          </thead>
          <tbody>
            {rest.map(({ path, before, now }) => (
              <tr key={path.join('/')}>
                <th scope="row">{path.join(' › ')}</th>
                <td>
                  <Value of={before} />
                </td>
                <td>
                  <Value of={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {code && <CodeDiff before={textOf(code.before)} now={textOf(code.now)} language={language} />}
    </>
  );
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function Value({ of }: { of: Json | undefined }) {
  if (of === undefined) return <span className={styles.none}>{t('none')}</span>;
  return <code className={styles.value}>{typeof of === 'string' ? of : JSON.stringify(of, null, 1)}</code>;
}

/** The language that a node's code is in, by its type. */
export const languageOf = (type: string | undefined): string =>
  type === 'python' || type === 'sql' || type === 'typescript' ? type : 'plaintext';

/** Rows of values, one column for each run; what differs from the first is marked. */

import { t } from '../../words/index.ts';
import styles from './Compare.module.css';
import type { Row } from './sides.ts';

export function SideTable(props: { title: string; heads: readonly string[]; rows: readonly Row[]; all: boolean }) {
  const shown = props.rows.filter(({ differs }) => props.all || differs);
  if (props.rows.length === 0) return null;
  return (
    <section className={styles.section} aria-label={props.title}>
      <h2>
        {props.title}
        <span className={styles.count}>{shown.length}</span>
      </h2>
      {shown.length === 0 ? (
        <p className={styles.none}>
          {t('{n, plural, one {It is the same.} other {All # are the same.}}', { n: props.rows.length })}
        </p>
      ) : (
        <section
          className={styles.table}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
          tabIndex={0}
          aria-label={t('{what}, the table', { what: props.title })}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{t('Name')}</th>
                {props.heads.map((head) => (
                  <th scope="col" key={head}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key} data-differs={row.differs ? '' : undefined}>
                  <th scope="row">{row.name}</th>
                  {row.values.map((value, place) => (
                    <td key={props.heads[place]} className="tabular">
                      {value ?? <span className={styles.none}>{t('none')}</span>}
                      {row.notes[place] && <span className={styles.delta}>{row.notes[place]}</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

/** A table of a few rows that fits its screen; what has thousands of them is a `DataGrid`. */
import type { ReactNode } from 'react';
import { t } from '../words/index.ts';
import { cx } from './cx.ts';
import styles from './Table.module.css';

export interface Column<One> {
  /** What stands over it; null over what is to be done with a row. */
  head: string | null;
  cell: (one: One) => ReactNode;
  kind?: 'number' | 'wrap' | 'details' | 'clip' | 'choice';
}

export interface Rows<One> {
  rows: readonly One[];
  keyOf: (one: One) => string | number;
  /** `false` leaves one out. The first one names the row. */
  columns: readonly (Column<One> | false)[];
}

/** On a narrow screen each row becomes a card, in which every cell says what it is. */
export function Table<One>({ caption, rows, keyOf, columns }: Rows<One> & { caption: string }) {
  const shown = columns.filter((column) => column !== false);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={styles.frame} tabIndex={0} aria-label={t('{what}, the table', { what: caption })}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {shown.map(({ head }) =>
              head === null ? (
                <td key="actions" />
              ) : (
                <th key={head} scope="col">
                  {head}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={keyOf(one)}>
              {shown.map(({ head, cell, kind }) => (
                <td
                  key={head ?? 'actions'}
                  className={cx(head === null ? styles.end : kind === 'number' ? 'tabular' : kind && styles[kind])}
                  data-head={head ?? undefined}
                >
                  <div className={styles.cell}>{cell(one)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

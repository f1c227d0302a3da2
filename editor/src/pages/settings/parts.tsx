/** What the sections of the settings share: a heading with its sentence, a table that scrolls by itself. */
import type { ReactNode } from 'react';
import { t } from '../../words/index.ts';
import styles from './SettingsPage.module.css';

export function Section(props: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={props.title}>
      <header className={styles.head}>
        <div>
          <h2>{props.title}</h2>
          {props.about && <p className={styles.about}>{props.about}</p>}
        </div>
        {props.actions && <div className={styles.actions}>{props.actions}</div>}
      </header>
      {props.children}
    </section>
  );
}

/** A name with what it is for at the left, its control at the right. */
export function Row(props: { title: string; about?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <div>
        <h3>{props.title}</h3>
        {props.about && <p className={styles.about}>{props.about}</p>}
      </div>
      <div>{props.children}</div>
    </div>
  );
}

export function Table(props: { caption: string; columns: readonly (string | null)[]; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={styles.frame} tabIndex={0} aria-label={t('{what}, the table', { what: props.caption })}>
      <table className={styles.table}>
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column, index) =>
              column === null ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
                <td key={index} />
              ) : (
                <th key={column} scope="col">
                  {column}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </section>
  );
}

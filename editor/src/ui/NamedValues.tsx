/** A table of names with one value each, as parameters, tags and fields are shown; a row may end in something to press. */
import type { ReactNode } from 'react';
import styles from './NamedValues.module.css';

export interface NamedValue {
  /** Tells the rows apart; what is shown when there is no `name`. */
  key: string;
  name?: ReactNode;
  value: ReactNode;
  action?: ReactNode;
}

export function NamedValues({ caption, rows }: { caption: string; rows: readonly NamedValue[] }) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{caption}</caption>
      <tbody>
        {rows.map(({ key, name, value, action }) => (
          <tr key={key}>
            <th scope="row">{name ?? key}</th>
            <td>{value}</td>
            {action && <td className={styles.action}>{action}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Numbers by name, aligned so that they can be compared by eye. */
import { formatNumber } from '../../ui/format.ts';
import { t } from '../../words/index.ts';
import styles from './MetricsTable.module.css';

export function MetricsTable({ values }: { values: Readonly<Record<string, number | null>> }) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{t('Metrics')}</caption>
      <tbody>
        {Object.entries(values).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td title={value === null ? undefined : String(value)}>{value === null ? '–' : formatNumber(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Which columns are shown; all are until one is taken away. */
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { Popover } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { type ColumnId, kindOf, kindWord, nameOf } from './columns.ts';
import styles from './Experiments.module.css';

export function ColumnChoice(props: {
  columns: readonly ColumnId[];
  hidden: ReadonlySet<ColumnId>;
  onChange: (hidden: ReadonlySet<ColumnId>) => void;
}) {
  const { columns, hidden, onChange } = props;
  return (
    <Popover trigger={<Button icon="columns">{t('Columns')}</Button>} label={t('Columns')}>
      <div className={styles.columns}>
        {(['metrics', 'parameters', 'tags'] as const).map((kind) => {
          const some = columns.filter((id) => kindOf(id) === kind);
          if (some.length === 0) return null;
          return (
            <section key={kind} className={styles.columns}>
              <h3>{kindWord(kind)}</h3>
              {some.map((id) => (
                <Checkbox
                  key={id}
                  isSelected={!hidden.has(id)}
                  onChange={(on) => {
                    const next = new Set(hidden);
                    if (on) next.delete(id);
                    else next.add(id);
                    onChange(next);
                  }}
                >
                  {nameOf(id)}
                </Checkbox>
              ))}
            </section>
          );
        })}
      </div>
    </Popover>
  );
}

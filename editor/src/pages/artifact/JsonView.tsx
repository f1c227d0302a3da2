/** JSON as a tree: what is in a list or an object comes into the page when it is opened. What is no JSON is shown as the text it is. */
import { useMemo, useState } from 'react';
import { formatCount } from '../../ui/format.ts';
import { t } from '../../words/index.ts';
import styles from './JsonView.module.css';
import { PlainText } from './PlainText.tsx';

/** A number as it was written, where a double would be another one. */
class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function JsonView({ text }: { text: string }) {
  const value = useMemo(() => read(text), [text]);
  if (value === undefined) return <PlainText text={text} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <div className={styles.json} tabIndex={0} data-testid="json-tree">
      <Value value={value} open={2} />
    </div>
  );
}

function read(text: string): unknown {
  try {
    return (
      JSON.parse as (
        text: string,
        revive: (key: string, value: unknown, more?: { source?: string }) => unknown,
      ) => unknown
    )(text, (_, value, more) =>
      typeof value === 'number' && more?.source !== undefined && isOther(value, more.source)
        ? new Written(more.source)
        : value,
    );
  } catch {
    return undefined;
  }
}

/** Whole numbers that a double does not hold; 1.0 and 1e3 are only written otherwise. */
const isOther = (value: number, source: string): boolean =>
  /^-?\d+$/.test(source) && !Number.isSafeInteger(value) && String(value) !== source;

const atOnce = 100;

function Value({ value, open }: { value: unknown; open: number }) {
  if (value === null) return <span className={styles.nothing}>null</span>;
  if (value instanceof Written) return <span className={styles.number}>{value.text}</span>;
  if (typeof value === 'string') return <Text text={value} />;
  if (typeof value !== 'object') return <span className={styles.number}>{String(value)}</span>;
  const entries = Object.entries(value);
  const isList = Array.isArray(value);
  if (entries.length === 0) return <span className={styles.nothing}>{isList ? '[]' : '{}'}</span>;
  return <Inside entries={entries} isList={isList} open={open} />;
}

const longest = 2000;
function Text({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const shown = whole || text.length <= longest ? text : text.slice(0, longest);
  return (
    <>
      <span className={styles.text}>{JSON.stringify(shown)}</span>
      {shown.length < text.length && (
        <button type="button" className={styles.more} onClick={() => setWhole(true)}>
          {t('{n} more characters', { n: formatCount(text.length - shown.length) })}
        </button>
      )}
    </>
  );
}

function Inside({ entries, isList, open }: { entries: [string, unknown][]; isList: boolean; open: number }) {
  const [isOpen, setOpen] = useState(open > 0);
  const [most, setMost] = useState(atOnce);
  return (
    <details className={styles.inside} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {isList
          ? t('{n, plural, one {[ # entry ]} other {[ # entries ]}}', { n: entries.length })
          : t('{n, plural, one {one field} other {# fields}}', { n: entries.length })}
      </summary>
      {isOpen && (
        <ul>
          {entries.slice(0, most).map(([name, value]) => (
            <li key={name}>
              <span className={styles.name}>{name}</span> <Value value={value} open={open - 1} />
            </li>
          ))}
          {entries.length > most && (
            <li>
              <button type="button" className={styles.more} onClick={() => setMost(most + atOnce)}>
                {t('{n} more', { n: formatCount(entries.length - most) })}
              </button>
            </li>
          )}
        </ul>
      )}
    </details>
  );
}

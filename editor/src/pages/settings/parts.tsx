/** What the sections of the settings share: a heading with its sentence, a table that scrolls by itself, a text shown once. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/notices.tsx';
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

/** A text that cannot be asked for again, ready to be copied. */
export function ShownOnce(props: { label: string; text: string; warning: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
    } catch {
      setCopied(false); // no clipboard here; the text is selected by a click
    }
  };
  return (
    <>
      <Notice tone="warning">{props.warning}</Notice>
      <div className={styles.once}>
        <code role="note" aria-label={props.label} data-testid="shown-once">
          {props.text}
        </code>
        <Button icon={copied ? 'check' : 'copy'} onPress={() => void copy()}>
          {copied ? t('Copied') : t('Copy')}
        </Button>
      </div>
    </>
  );
}

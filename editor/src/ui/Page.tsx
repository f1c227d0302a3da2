/** The frame of a page: its title, its actions, its body. */
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { cx } from './cx.ts';
import styles from './Page.module.css';

export function Page(props: {
  title: string;
  /** What stands beside the title, muted. */
  sub?: ReactNode;
  actions?: ReactNode;
  /** The body brings its own padding and scrolling. */
  flush?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Drawloom`;
  }, [props.title]);
  return (
    <main className={styles.page} id="main">
      <header className={styles.head}>
        <h1>{props.title}</h1>
        {props.sub && <div className={styles.sub}>{props.sub}</div>}
        {props.actions && <div className={styles.actions}>{props.actions}</div>}
      </header>
      <div className={styles.body} data-flush={props.flush ? '' : undefined}>
        {props.children}
      </div>
    </main>
  );
}

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <section className={cx(styles.card, className)}>{children}</section>;
}

/** Names and their facts, in two columns. */
export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {of.map(([name, fact]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}

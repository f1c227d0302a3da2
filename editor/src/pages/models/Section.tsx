/** A part of a page about a model: its heading, what can be done with it, and what is known. */
import type { ReactNode } from 'react';
import styles from './Models.module.css';

export function Section(props: { title: string; actions?: ReactNode; wide?: boolean; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={props.title} data-wide={props.wide ? '' : undefined}>
      <header className={styles.head}>
        <h2>{props.title}</h2>
        {props.actions}
      </header>
      {props.children}
    </section>
  );
}

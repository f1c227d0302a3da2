/** What the sections of the settings share: a heading with its sentence, and a list that one adds to. */
import type { ReactNode } from 'react';
import { Fragment } from 'react';
import type { ProblemError } from '../../api/call.ts';
import type { IconName } from '../../ui/Icon.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { type Rows, Table } from '../../ui/Table.tsx';
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

/** What a project or a person has several of: the table of them, or what to say when there are none, and a way to another one. */
export function ListSection<One>(
  props: Omit<Rows<One>, 'rows'> & {
    title: string;
    about?: ReactNode;
    /** How asking for them went; see `api/useCall.ts`. */
    called: { problem: ProblemError | null; loading: boolean; reload: () => void };
    rows: readonly One[] | undefined;
    /** Makes another one. */
    add?: ReactNode;
    /** What else may be done with a list that is not empty. */
    tools?: ReactNode;
    empty: { icon: IconName; title: string; text?: ReactNode };
  },
) {
  const { called, rows, empty } = props;
  return (
    <Section
      title={props.title}
      {...(props.about ? { about: props.about } : {})}
      actions={
        rows &&
        rows.length > 0 && (
          <Fragment>
            {props.tools}
            {props.add}
          </Fragment>
        )
      }
    >
      {called.problem && <ProblemNotice problem={called.problem} onRetry={called.reload} />}
      {called.loading && !rows && <Loading />}
      {rows?.length === 0 && (
        <EmptyState icon={empty.icon} title={empty.title} actions={props.add}>
          {empty.text}
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <Table caption={props.title} rows={rows} keyOf={props.keyOf} columns={props.columns} />
      )}
    </Section>
  );
}

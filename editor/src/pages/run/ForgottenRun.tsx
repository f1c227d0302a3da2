/** What is left of a run that was forgotten: what it was, when it went, and by which limit. */
import { ForgottenRun as Forgotten } from '@drawloom/shared/api/retention.ts';
import type { ProblemError } from '../../api/call.ts';
import { places } from '../../app/places.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { formatCount, formatInstant } from '../../ui/format.ts';
import { EmptyState } from '../../ui/notices.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import styles from './RunPage.module.css';

/** What the answer tells of the run; null when it is about something else. */
export function forgottenIn(problem: ProblemError): Forgotten | null {
  const read = Forgotten.safeParse(problem.body.forgotten);
  return read.success ? read.data : null;
}

export function ForgottenRun({ project, run }: { project: string; run: Forgotten }) {
  const { pipeline, bound, why } = run;
  return (
    <Page title={t('Run {n}', { n: run.run })}>
      <div className={styles.forgotten}>
        <EmptyState
          icon="archive"
          title={t('This run was forgotten')}
          actions={
            <>
              <LinkButton href={places.pipeline(project, pipeline.id)} icon="pipelines">
                {t('To its pipeline')}
              </LinkButton>
              <LinkButton href={places.settings(project, 'retention')} icon="settings" tone="quiet">
                {t('How long runs are kept')}
              </LinkButton>
            </>
          }
        >
          {why === 'age'
            ? t(
                'Runs of this project are kept for {n, plural, one {# day} other {# days}} after their end. Pin a run to keep it longer.',
                { n: bound },
              )
            : t('Of each pipeline the newest {n} runs are kept. Pin a run to keep it longer.', {
                n: formatCount(bound),
              })}
        </EmptyState>
        <Facts
          of={[
            [t('Pipeline'), `${pipeline.name}${run.version === null ? '' : ` ${t('v{n}', { n: run.version })}`}`],
            [t('Ended as'), <StatusMark key="status" status={run.status} />],
            [t('Started'), formatInstant(run.createdAt)],
            [t('Ended'), formatInstant(run.finishedAt)],
            [t('Forgotten'), formatInstant(run.forgottenAt)],
            ...(run.rootRun === run.run
              ? []
              : ([
                  [
                    t('Part of'),
                    <LinkButton key="root" small tone="quiet" href={places.run(project, run.rootRun)}>
                      {t('Run {n}', { n: run.rootRun })}
                    </LinkButton>,
                  ],
                ] as const)),
          ]}
        />
      </div>
    </Page>
  );
}

/** Why something did not succeed, as the server tells it: the error, what shows it, and each thing to do now with the way to do it. */
import type { Attempt, NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import type { Failure } from '@drawloom/shared/run/failure/explain.ts';
import type { NextStep } from '@drawloom/shared/run/failure/steps.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import type { ReactNode } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { go } from '../../app/go.ts';
import { places } from '../../app/places.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Notice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { told as saidOf } from '../../words/told.ts';
import styles from './NodePanel.module.css';

interface Place {
  run: Run;
  project: string;
  told: NodeRunSummary;
  onLog: () => void;
  onItem: (item: number) => void;
}

export function FailureNotice({ failure, error, ...place }: Place & { failure: Failure; error: Attempt['error'] }) {
  const mild = place.told.status === 'cancelled' || place.told.status === 'skipped';
  return (
    <Notice tone={mild ? 'info' : 'failed'} role="status">
      <strong>{place.told.status === 'skipped' ? saidOf(place.told.message ?? '') : saidOf(failure.summary)}</strong>
      {error && (
        <p className={styles.error} data-testid="node-error">
          {error.type && `${error.type}: `}
          {error.message}
        </p>
      )}
      {failure.evidence.length > 0 && !mild && (
        <ul className={styles.evidence} aria-label={t('What shows it')} data-testid="evidence">
          {failure.evidence.map((one) => (
            <li key={one.kind}>{saidOf(one.text)}</li>
          ))}
        </ul>
      )}
      {failure.steps.length > 0 && (
        <ul className={styles.steps} aria-label={t('What to do now')} data-testid="steps">
          {failure.steps.map((step) => (
            <li key={step.kind}>
              <span>{saidOf(step.text)}</span>
              <Way step={step} {...place} />
            </li>
          ))}
        </ul>
      )}
      {error?.traceback && (
        <details>
          <summary>{t('Where in the code')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
          <pre className={styles.traceback} tabIndex={0}>
            {error.traceback}
          </pre>
        </details>
      )}
    </Notice>
  );
}

/** The button that does it, or leads there; nothing where it has to be done elsewhere. */
function Way({ step, run, project, told, onLog, onItem }: Place & { step: NextStep }): ReactNode {
  const mayRun = useMay(project, 'run.execute');
  const drawing = `${places.pipeline(project, run.pipeline.id)}?node=${encodeURIComponent(told.node)}&run=${run.id}`;
  switch (step.kind) {
    case 'open_code':
      return (
        <LinkButton small icon="code" href={`${drawing}&tab=code&line=${step.line}`}>
          {t('Line {n}', { n: step.line })}
        </LinkButton>
      );
    case 'raise_memory':
    case 'raise_time_limit':
    case 'raise_disk_limit':
    case 'raise_start_limit':
      return (
        <LinkButton small icon="edit" href={`${drawing}&tab=execution`}>
          {t('Open its limits')}
        </LinkButton>
      );
    case 'open_log':
      return (
        <Button small icon="log" onPress={onLog}>
          {t('Log')}
        </Button>
      );
    case 'set_secret':
      return (
        <LinkButton small icon="lock" href={places.settings(project, 'secrets')}>
          {t('Secrets')}
        </LinkButton>
      );
    case 'look_at_worker':
    case 'free_space':
    case 'add_worker':
      return (
        <LinkButton small icon="shield" href={places.settings(project, 'system')}>
          {t('System')}
        </LinkButton>
      );
    case 'open_node':
      return (
        <LinkButton small icon="chevron-right" href={places.run(project, run.id, step.node)}>
          {t('Look there')}
        </LinkButton>
      );
    case 'open_run':
      return (
        <LinkButton small icon="chevron-right" href={places.run(project, step.run)}>
          {t('Run {n}', { n: step.run })}
        </LinkButton>
      );
    case 'open_item':
      return (
        <Button small icon="chevron-right" onPress={() => onItem(step.mapIndex)}>
          {t('Item {n}', { n: step.mapIndex })}
        </Button>
      );
    case 'rerun_failed':
      return isRunFinal(run.status) && mayRun && !run.parent ? (
        <Button small icon="refresh" onPress={() => void rerun(run.id, project)}>
          {t('Run again')}
        </Button>
      ) : null;
    default:
      return null;
  }
}

async function rerun(run: number, project: string): Promise<void> {
  try {
    const { run: next } = await call(routes.rerunRun, { params: { run }, body: { only: 'failed' } });
    go(places.run(project, next.id));
  } catch (error) {
    toast(problemOf(error).message, 'failed');
  }
}

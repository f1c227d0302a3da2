/** What the shown run says about a node that failed in it, where one would mend it: the error, its line in the code, and limits to raise. */
import type { PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { spellBytes, spellMs } from '@drawloom/shared/run/amounts.ts';
import type { NextStep } from '@drawloom/shared/run/failure/steps.ts';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { changeNode } from '../document/commands.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { useShownNode, useShownRun } from '../live/shownRun.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import { told as saidOf } from '../words/told.ts';
import { wantField } from './focus.ts';
import styles from './Inspector.module.css';

interface Raise {
  limit: 'memoryBytes' | 'timeoutMs' | 'diskBytes' | 'queueTimeoutMs';
  to: number;
  text: string;
}

export interface Failure {
  run: number;
  message: string;
  line: number | null;
  /** Limits that were hit, and what they may be raised to. */
  raises: readonly Raise[];
  /** False once the code has been changed since: the line may no longer be the one. */
  sameCode: boolean;
}

export function useFailure(id: string, node: PipelineNode | undefined): Failure | null {
  const told = useShownNode(id);
  const run = useShownRun((shown) => shown.run);
  const failed = run !== null && told?.status === 'failed';
  const { data } = useCall(routes.getNodeRun, failed ? { params: { run: run.id, node: id }, query: {} } : null);
  if (!failed) return null;
  const error = data?.history.at(-1)?.error;
  return {
    run: run.id,
    message: error ? [error.type, error.message].filter(Boolean).join(': ') : saidOf(told.message ?? ''),
    line: error?.line ?? null,
    raises: (told.failure?.steps ?? [])
      .flatMap((step): Raise[] => raiseOf(step))
      .filter(({ limit, to }) => (node?.execution?.[limit] ?? 0) < to),
    sameCode: run.document.nodes[id]?.code === node?.code,
  };
}

function raiseOf(step: NextStep): Raise[] {
  switch (step.kind) {
    case 'raise_memory':
      return [
        {
          limit: 'memoryBytes',
          to: step.memoryBytes,
          text: t('Memory: {size}', { size: spellBytes(step.memoryBytes) }),
        },
      ];
    case 'raise_time_limit':
      return [{ limit: 'timeoutMs', to: step.timeoutMs, text: t('Time: {time}', { time: spellMs(step.timeoutMs) }) }];
    case 'raise_disk_limit':
      return [
        { limit: 'diskBytes', to: step.diskBytes, text: t('Disk: {size}', { size: spellBytes(step.diskBytes) }) },
      ];
    case 'raise_start_limit':
      return [
        {
          limit: 'queueTimeoutMs',
          to: step.queueTimeoutMs,
          text: t('Wait: {time}', { time: spellMs(step.queueTimeoutMs) }),
        },
      ];
    default:
      return [];
  }
}

export function FailureNotice({ id, failure, readOnly }: { id: string; failure: Failure; readOnly: boolean }) {
  const { line, raises } = failure;
  const drawing = useDrawingObject();
  const raise = ({ limit, to }: Raise) =>
    drawing.edit(t('Raise a limit'), (draft) =>
      changeNode(draft, id, { execution: { ...drawing.document.nodes[id]?.execution, [limit]: to } }),
    );
  return (
    <div className={styles.failure} data-testid="failure">
      <Notice
        tone="failed"
        role="status"
        actions={
          line !== null && (
            <Button small icon="code" onPress={() => wantField(id, '/code', line)}>
              {t('Line {n}', { n: line })}
            </Button>
          )
        }
      >
        <strong>{t('Failed in run {n}', { n: failure.run })}</strong>
        <p className={styles.failureText}>{failure.message}</p>
        {!readOnly && raises.length > 0 && (
          <div className={styles.raises}>
            <span>{t('Raise the limit')}</span>
            {raises.map((one) => (
              <Button key={one.limit} small icon="edit" onPress={() => raise(one)}>
                {one.text}
              </Button>
            ))}
          </div>
        )}
      </Notice>
    </div>
  );
}

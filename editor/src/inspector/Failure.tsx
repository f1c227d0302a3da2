/** What the shown run says about a node that failed in it, where one would mend it: the error, and its line in the code. */
import type { PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { useShownNode, useShownRun } from '../live/shownRun.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import { wantField } from './focus.ts';
import styles from './Inspector.module.css';

export interface Failure {
  run: number;
  message: string;
  line: number | null;
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
    message: error ? [error.type, error.message].filter(Boolean).join(': ') : (told.message ?? ''),
    line: error?.line ?? null,
    sameCode: run.document.nodes[id]?.code === node?.code,
  };
}

export function FailureNotice({ id, failure }: { id: string; failure: Failure }) {
  const { line } = failure;
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
      </Notice>
    </div>
  );
}

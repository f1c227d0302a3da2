/** The approval that a node run waits for, or waited for. */
import { useApprovalChanges } from '../../api/approvals.ts';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { ProblemNotice } from '../../ui/notices.tsx';
import { ApprovalCard } from '../approvals/ApprovalCard.tsx';
import styles from './NodePanel.module.css';

export function NodeApproval({ id, project }: { id: number; project: string }) {
  const { data, problem, reload, put } = useCall(routes.getApproval, { params: { approval: id } });
  useApprovalChanges(reload);
  if (problem) return <ProblemNotice problem={problem} onRetry={reload} />;
  return data ? (
    <div className={styles.approval}>
      <ApprovalCard approval={data} project={project} linked={false} onAnswered={(next) => put(() => next)} />
    </div>
  ) : null;
}

/** What was asked about a version, and who said what: the record of its promotions. */
import type { Approval } from '@drawloom/shared/api/approvals.ts';
import { useApprovalChanges } from '../../api/approvals.ts';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { ApprovalCard } from '../approvals/ApprovalCard.tsx';
import { Section } from './Section.tsx';

export function Promotions(props: {
  project: string;
  model: string;
  version: number;
  /** Something moved with an answer. */
  onMoved: () => void;
}) {
  const { project, model, version } = props;
  const query = { limit: 100, model };
  const { data, problem, reload, put } = useCall(routes.listApprovals, { params: { project }, query });
  useApprovalChanges(reload);
  const mine = data?.items.filter(({ promotion }) => promotion?.version === version) ?? [];
  if (!problem && mine.length === 0) return null;
  const answered = (one: Approval) => {
    put((list) => ({ ...list, items: list.items.map((before) => (before.id === one.id ? one : before)) }));
    props.onMoved();
  };
  return (
    <Section title={t('Promotions')} wide>
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {mine.map((one) => (
        <ApprovalCard key={one.id} approval={one} project={project} linked={false} onAnswered={answered} />
      ))}
    </Section>
  );
}

/** Why a node does not run yet: each thing that it waits for, with a way there. */
import type { NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import { Link } from '@tanstack/react-router';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Notice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { told as saidOf } from '../../words/told.ts';
import { useReloadOn } from './reloadOn.ts';

export const isYetToRun = ({ status }: NodeRunSummary): boolean =>
  status === 'pending' || status === 'queued' || status === 'waiting';

export function Waits({ told, run, project }: { told: NodeRunSummary; run: Run; project: string }) {
  const { data, reload } = useCall(routes.whyNodeRun, {
    params: { run: run.id, node: told.node },
    query: { mapIndex: told.mapIndex },
  });
  // What becomes of the nodes before it is told; what happens in other runs is seen by looking again.
  const before = new Set(data?.waits.filter((wait) => wait.kind === 'parent').map((wait) => wait.node));
  const states = run.nodes.filter(({ node }) => before.has(node)).map(({ status }) => status);
  useReloadOn(`${told.status} ${run.pausedAt} ${states.join(' ')}`, reload);
  if (!data || data.waits.length === 0) return null;
  return (
    <Notice role="status" actions={<IconButton small icon="refresh" label={t('Look again')} onPress={reload} />}>
      <strong>{t('Why it does not run yet')}</strong>
      <ul data-testid="waits">
        {data.waits.map((wait) => (
          <li key={`${wait.kind} ${wait.run} ${wait.node}`}>
            {saidOf(wait.message)}{' '}
            {wait.run !== null && (
              <Link
                to="/p/$project/runs/$run"
                params={{ project, run: String(wait.run) }}
                search={wait.node === null ? {} : { node: wait.node }}
              >
                {t('Look there')}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

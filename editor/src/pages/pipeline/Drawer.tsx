/** Below the canvas: what the shown run made at the selected node, when its nodes ran, what they printed, and what is wrong with the drawing. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { lazy, Suspense, useState } from 'react';
import { keysOf } from '../../app/commands.ts';
import { places } from '../../app/places.ts';
import { useDrawing, useDrawingObject } from '../../document/DrawingContext.tsx';
import { useShownRun } from '../../live/shownRun.ts';
import { IconButton, LinkButton, Segmented } from '../../ui/Button.tsx';
import { EmptyState, Loading } from '../../ui/notices.tsx';
import { setPanelOpen } from '../../ui/Panels.tsx';
import { t } from '../../words/index.ts';
import { mostTelling } from '../run/mostTelling.ts';
import type { NodeView } from '../run/NodePanel.tsx';
import { commands } from './commands.ts';
import styles from './PipelinePage.module.css';
import { Problems } from './Problems.tsx';
import { panels, usePage } from './pageState.ts';

const NodePanel = lazy(() => import('../run/NodePanel.tsx').then((m) => ({ default: m.NodePanel })));
const RunLog = lazy(() => import('../run/RunLog.tsx').then((m) => ({ default: m.RunLog })));
const Timeline = lazy(() => import('../run/Timeline.tsx').then((m) => ({ default: m.Timeline })));

export function Drawer(props: { onProblem: (problem: Problem) => void; onSelect: (node: NodeId) => void }) {
  const view = usePage((page) => page.drawer);
  const problems = useDrawing((state) => state.problems.length);
  return (
    <div className={styles.drawer} data-testid="drawer">
      <div className={styles.drawerHead}>
        <Segmented
          label={t('Panel below the canvas')}
          value={view}
          onChange={(drawer) => usePage.setState({ drawer })}
          options={[
            { id: 'result', text: t('Result') },
            { id: 'timeline', text: t('Timeline') },
            { id: 'log', text: t('Whole log') },
            { id: 'problems', text: problems > 0 ? t('Problems ({n})', { n: problems }) : t('Problems') },
          ]}
        />
        <IconButton small icon="close" label={t('Close')} onPress={() => setPanelOpen(panels.bottom, false)} />
      </div>
      <Suspense fallback={<Loading />}>
        {view === 'problems' && <Problems onOpen={props.onProblem} />}
        {view === 'result' && <Result />}
        {view === 'timeline' && <Times onSelect={props.onSelect} />}
        {view === 'log' && <Lines onSelect={props.onSelect} />}
      </Suspense>
    </div>
  );
}

function Result() {
  const { project } = useDrawingObject();
  const { run, logSizes } = useShownRun();
  const selected = useOnlySelected();
  const [view, setView] = useState<NodeView & { node?: string }>({});
  if (!run) return <NotRun />;
  const node = selected ?? mostTelling(run);
  if (!node) return <NotRun />;
  // the tab stays from node to node; which output was open belongs to one node
  const shown: NodeView = view.node === node ? view : { tab: view.tab };
  return (
    <NodePanel
      key={`${run.id} ${node}`}
      run={run}
      project={project}
      node={node}
      logSizes={logSizes}
      low
      view={shown}
      onView={(next) => setView({ ...next, node })}
      link={
        <LinkButton small tone="quiet" icon="external" href={places.run(project, run.id, node)}>
          {t('Open run {n}', { n: run.id })}
        </LinkButton>
      }
    />
  );
}

function Times({ onSelect }: { onSelect: (node: NodeId) => void }) {
  const run = useShownRun((shown) => shown.run);
  const selected = useOnlySelected();
  const nodes = useDrawing((state) => state.document.nodes);
  if (!run) return <NotRun />;
  return (
    <div className={styles.times}>
      <Timeline run={run} selected={selected} onSelect={(node) => nodes[node] && onSelect(node)} />
    </div>
  );
}

function Lines({ onSelect }: { onSelect: (node: NodeId) => void }) {
  const { run, logSizes } = useShownRun();
  const selected = useOnlySelected();
  const nodes = useDrawing((state) => state.document.nodes);
  if (!run) return <NotRun />;
  return (
    <RunLog
      key={run.id}
      run={run}
      logSizes={logSizes}
      selected={selected}
      onSelect={(node) => nodes[node] && onSelect(node)}
    />
  );
}

const useOnlySelected = (): NodeId | undefined =>
  useDrawing((state) => (state.selection.nodes.size === 1 ? [...state.selection.nodes][0] : undefined));

function NotRun() {
  const [keys = ''] = keysOf(commands.find((one) => one.id === 'run')!);
  return (
    <EmptyState icon="play" title={t('Not run yet')}>
      {t('Press Run, or {keys}. What each node makes, prints and costs appears here.', {
        keys: keys.replace('Mod', 'Ctrl'),
      })}
    </EmptyState>
  );
}

/** Decides what the panel at the right shows: the node that is selected, a word on several, or the pipeline itself. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { useDrawingShallow } from '../document/DrawingContext.tsx';
import { Button } from '../ui/Button.tsx';
import { later } from '../ui/later.tsx';
import { EmptyState } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import type { InspectorProps } from './inspected.ts';
import { PipelineForm, parameterEditor } from './PipelineForm.tsx';

const nodeInspector = later(async () => (await import('./NodeInspector.tsx')).NodeInspector);
const NodeInspector = nodeInspector.Later;

export function Inspector(props: InspectorProps) {
  const ids = useDrawingShallow((state) => [...state.selection.nodes]);
  if (ids.length === 0) return <PipelineForm onClose={props.onClose} />;
  if (ids.length > 1) return <Several ids={ids} onClose={props.onClose} />;
  return <NodeInspector key={ids[0]!} id={ids[0]!} {...props} />;
}

/** Brings the forms once the page is drawn and has nothing better to do, so that the first click finds them there. */
export function loadFormsWhenIdle(): () => void {
  const load = () => {
    // A line that is down is no mistake here: whoever selects a node asks again.
    for (const part of [nodeInspector, parameterEditor]) part.bring().catch(() => undefined);
  };
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(load, 200);
    return () => clearTimeout(timer);
  }
  const turn = requestIdleCallback(load, { timeout: 2000 });
  return () => cancelIdleCallback(turn);
}

function Several({ ids, onClose }: { ids: readonly NodeId[]; onClose: () => void }) {
  return (
    <EmptyState
      icon="pipelines"
      title={t('{n} nodes selected', { n: ids.length })}
      actions={
        <Button small onPress={onClose}>
          {t('Close the inspector')}
        </Button>
      }
    >
      {t('Drag them together, copy them, tidy them up, or press Delete. Select one to see its parameters.')}
    </EmptyState>
  );
}

/** At the left of the drawing: the node types to draw with, the drawing as an outline, or its history. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { lazy, Suspense } from 'react';
import { createNode } from '../../canvas/create.ts';
import type { CanvasHandle } from '../../canvas/handle.ts';
import { useDrawing } from '../../document/DrawingContext.tsx';
import { TypeList } from '../../palette/TypeList.tsx';
import { IconButton, Segmented } from '../../ui/Button.tsx';
import { Loading } from '../../ui/notices.tsx';
import { setPanelOpen, useNarrow } from '../../ui/Panels.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';
import { panels } from './pageState.ts';

const Outline = lazy(() => import('./outline/Outline.tsx').then((m) => ({ default: m.Outline })));
const Versions = lazy(() => import('./Versions.tsx').then((m) => ({ default: m.Versions })));

export function LeftPanel(props: {
  panel: 'palette' | 'outline' | 'versions';
  onPanel: (panel: 'palette' | 'outline' | 'versions') => void;
  canvas: CanvasHandle | null;
  onSelect: (id: NodeId) => void;
  versionTurn: number;
  onFreeze: () => void;
}) {
  const readOnly = useDrawing((state) => state.readOnly);
  const narrow = useNarrow();
  const { canvas } = props;
  const close = () => setPanelOpen(panels.left, false);
  // where the panel covers the drawing, what was chosen would not be seen
  const uncover = () => narrow && close();
  const choose = (type: NodeType, { wired }: { wired: boolean }) => {
    if (!canvas || readOnly) return;
    createNode(canvas, type, { toSelection: wired });
    uncover();
  };
  return (
    <>
      <div className={styles.leftHead}>
        <Segmented
          label={t('Left panel')}
          value={props.panel}
          onChange={props.onPanel}
          options={[
            { id: 'palette', text: t('Nodes') },
            { id: 'outline', text: t('Outline') },
            { id: 'versions', text: t('History') },
          ]}
        />
        <IconButton small icon="close" label={t('Close the left panel')} onPress={close} />
      </div>
      {props.panel === 'palette' && <TypeList onChoose={choose} />}
      <Suspense fallback={<Loading />}>
        {props.panel === 'outline' && <Outline canvas={canvas} onSelect={props.onSelect} onShown={uncover} />}
        {props.panel === 'versions' && <Versions turn={props.versionTurn} onFreeze={props.onFreeze} />}
      </Suspense>
    </>
  );
}

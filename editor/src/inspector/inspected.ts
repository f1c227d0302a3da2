/** What the inspector is asked to show, and what it tells back. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';

export type InspectorTab = 'parameters' | 'code' | 'ports' | 'execution' | 'about';

export interface InspectorProps {
  tab: InspectorTab | undefined;
  onTab: (tab: InspectorTab) => void;
  onSelect: (node: NodeId) => void;
  onClose: () => void;
  /** Whether it takes half the page, as code wants, and a way between that and its usual width. */
  wide: boolean;
  onWide: () => void;
}

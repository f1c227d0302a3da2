/** What is said of a node where it is shown: its name, its type, its state, and whether something is wrong with it. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { type Status, statusWord } from '../ui/StatusMark.tsx';
import { t } from '../words/index.ts';

export function nodeLabel(
  node: PipelineNode,
  type: NodeType | undefined,
  mark: 'error' | 'warning' | undefined,
  status: Status | undefined,
): string {
  return [
    node.name,
    type?.title ?? node.type,
    status && statusWord(status),
    mark === 'error' && t('has errors'),
    mark === 'warning' && t('has warnings'),
  ]
    .filter(Boolean)
    .join(', ');
}

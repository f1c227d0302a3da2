/** Decides which picture stands for a node type. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { type IconName, isIconName } from '../ui/Icon.tsx';

const byCategory: Record<NodeType['category'], IconName> = {
  data: 'table',
  transform: 'filter',
  check: 'shield',
  model: 'model',
  evaluate: 'target',
  report: 'report',
  code: 'code',
  control: 'flow',
};
export const iconOf = (type: NodeType | undefined): IconName =>
  type ? (isIconName(type.icon) ? type.icon : byCategory[type.category]) : 'warning';

/** Decides how large the cards of a lineage are. */
import type { LineageNode } from '@drawloom/shared/api/lineage.ts';
import { isData } from './words.ts';

const work = { width: 212, height: 64 };
const data = { width: 196, height: 46 };
export const margin = 48;
export const sizeOf = (node: LineageNode): { width: number; height: number } =>
  isData(node) && node.kind !== 'data-set' ? data : work;

/** Says in the reader's language what was written in English elsewhere. English brings none of what it takes: `shapes.ts`. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { otherwise } from './index.ts';

/** A sentence with its values filled in, of the checks or of what explains a failure. */
export const told = (sentence: string): string => otherwise()?.told(sentence) ?? sentence;
/** A node type with all that a person reads of it: in the palette, on the card, in forms. */
export const spokenType = (type: NodeType): NodeType => otherwise()?.spokenType(type) ?? type;

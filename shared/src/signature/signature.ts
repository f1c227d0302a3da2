/** Decides what a reader of code gives back, in any language. */
import type { ParameterSchema } from '../node-type/definition.ts';
import type { Ports } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';

/** What a piece of code declares. `problems` carry line and column; ports stay as far as they could be read. */
export interface Signature extends Ports {
  name: string;
  parameters: ParameterSchema;
  problems: Problem[];
}

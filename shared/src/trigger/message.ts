/**
 * Decides what a parameter is that is taken from the message that set a trigger off: a place in its JSON. What the message leaves out
 * takes the parameter's default, where there is one.
 */
import * as z from 'zod';
import { type Json, valueAt } from '../json.ts';

export const BodyValue = z
  .strictObject({
    $body: z
      .string()
      .max(500)
      .regex(/^(\/([^~/]|~[01])*)*$/, 'A place is written as a JSON pointer: /data/date. Empty is the whole message.'),
  })
  .meta({ id: 'BodyValue' });
export type BodyValue = z.infer<typeof BodyValue>;

export const isFromBody = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && '$body' in value;

/** Parameters with everything that the message has filled in; what it lacks is left out. */
export function withBody(parameters: Readonly<Record<string, Json>>, body: Json): Record<string, Json> {
  const filled: Record<string, Json> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const found = isFromBody(value) ? valueAt(body, BodyValue.parse(value).$body) : value;
    if (found !== undefined) filled[name] = found;
  }
  return filled;
}

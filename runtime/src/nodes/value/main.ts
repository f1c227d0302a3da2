/** Gives the value of the form. */
import type { Value } from 'drawloom';

export default function value({ value }: { value: Value }): Value {
  return value;
}

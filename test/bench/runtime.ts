/** Decides what is measured of the runtime. */
import type { Bench } from './frame.ts';
import { bench as measureTick } from './runtime-tick.ts';

export const bench: Bench = (tell) => measureTick(tell);

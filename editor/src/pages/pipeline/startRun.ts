/** Starts a run of exactly what is on screen. */
import { call, routes } from '../../api/call.ts';
import type { Drawing } from '../../document/drawing.ts';
import type { Wish } from './RunOutlook.tsx';

/** Saves what is unsaved, then starts a run of exactly that; answers its number. */
export async function startRun(drawing: Drawing, wish: Wish & { priority?: number }): Promise<number> {
  await drawing.flush();
  const { run } = await call(routes.startRun, {
    params: { pipeline: drawing.id },
    body: { ...wish, idempotencyKey: crypto.randomUUID() },
  });
  return run.id;
}

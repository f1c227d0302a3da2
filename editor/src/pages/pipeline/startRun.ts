/** Starts a run of exactly what is on screen. */
import type { Json } from '@drawloom/shared/json.ts';
import { call, routes } from '../../api/call.ts';
import type { Drawing } from '../../document/drawing.ts';

/** Saves what is unsaved, then starts a run of exactly that; answers its number. */
export async function startRun(drawing: Drawing, parameters: Record<string, Json>, reuse: boolean): Promise<number> {
  await drawing.flush();
  const { run } = await call(routes.startRun, {
    params: { pipeline: drawing.id },
    body: { parameters, reuse, idempotencyKey: crypto.randomUUID() },
  });
  return run.id;
}

/** The addresses that machines ask: is it alive, is it fit for work, what does it count. */
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { authenticate } from '../auth/authenticate.ts';
import { authorize } from '../auth/authorize.ts';
import type { HouseMeters } from '../observe/houseMeters.ts';
import { within } from '../within.ts';
import type { House } from './house.ts';
import { Refusal } from './refusal.ts';

export function healthRoutes(house: House, meters: HouseMeters): Hono {
  return (
    new Hono()
      .get('/healthz', (context) => context.text('ok\n', 200, { 'cache-control': 'no-store' }))
      // Anybody may ask, so it tells no more than yes or no; which part is not fit stands in the log, and in /api/v1/system.
      .get('/readyz', async (context) => {
        const missing = await notFit(house);
        if (missing.length > 0) house.log.warn({ missing }, 'not ready');
        const headers = { 'cache-control': 'no-store', ...(missing.length > 0 && { 'retry-after': '2' }) };
        return context.text(missing.length > 0 ? 'not ready\n' : 'ready\n', missing.length > 0 ? 503 : 200, headers);
      })
      .get('/metrics', async (context) => {
        const { subject } = await authenticate(house.db, context.req.raw.headers, {
          port: house.port(),
          presetTokens: house.presetTokens,
        });
        if (!subject || authorize(subject, 'session', { kind: 'own' }) !== 'allowed')
          throw new Refusal(
            401,
            'no_credential',
            'Send a token: Authorization: Bearer …, or as the password of Basic.',
            {
              headers: { 'www-authenticate': 'Basic realm="Drawloom"' },
            },
          );
        return context.text(await meters.text(), 200, { 'content-type': meters.contentType });
      })
  );
}

/** What keeps the house from doing work: the database, a living worker, whose sandbox is as tight as the operator asks. */
export async function notFit(house: House): Promise<string[]> {
  const missing: string[] = [];
  try {
    const [row] = await within(
      2000,
      house.db.execute<{ worker: boolean; sandbox: boolean }>(sql`
        select count(*) > 0 as worker, coalesce(bool_or((isolation ->> 'accepted')::boolean), false) as sandbox
        from drawloom.worker where stopped_at is null and not draining
          and last_beat > now() - make_interval(secs => ttl_ms / 1000.0)`),
    );
    if (!row!.worker) missing.push('worker');
    if (!row!.sandbox) missing.push('sandbox');
  } catch {
    missing.push('database');
  }
  return missing;
}

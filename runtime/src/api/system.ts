/** The route that tells what state the house is in: isolation, environments, workers, storage. */
import { statfs } from 'node:fs/promises';
import { routes } from '@drawloom/shared/api/index.ts';
import type { System } from '@drawloom/shared/api/system.ts';
import { sql } from 'drizzle-orm';
import { isOurs } from '../db/postgres.ts';
import { findEnvironment } from '../environments/index.ts';
import { everyTag } from '../record/tags.ts';
import type { House } from './house.ts';
import { type Handler, handle } from './wire.ts';

export const systemHandlers: Handler[] = [
  handle(routes.getSystem, async ({ house }) => {
    const workers = await workersOf(house);
    const [facts] = await house.db.execute<{ version: string; size: string; artifacts: string }>(sql`
      select current_setting('server_version') as version, pg_database_size(current_database()) as size,
        (select coalesce(sum(size_bytes), 0) from drawloom.blob) as artifacts`);
    const disk = await statfs(house.config.home);
    return {
      version: house.version,
      isolation: weakest(workers),
      environments: [await environmentOf(house, 'default')],
      workers: workers.map(({ isolation, ...worker }) => ({ ...worker, isolation: isolation?.level ?? 'unknown' })),
      tags: await everyTag(house.db),
      database: {
        version: facts!.version,
        embedded: isOurs(house.config.home, house.config.databaseUrl),
        sizeBytes: Number(facts!.size),
      },
      storage: { artifactBytes: Number(facts!.artifacts), freeBytes: disk.bavail * disk.bsize },
    };
  }),
];

export interface WorkerFacts {
  id: string;
  host: string;
  alive: boolean;
  running: number;
  capacity: number;
  tags: string[];
  isolation: { level: 'full' | 'partial' | 'none'; missing: string[]; accepted: boolean } | null;
  lastBeatAt: string;
}

/** Workers that live, and those that were lost within the last hour, so that somebody can still see it. */
export async function workersOf({ db }: House): Promise<WorkerFacts[]> {
  const rows = await db.execute<Record<keyof WorkerFacts, never> & { last_beat: string }>(sql`
    select w.id, w.host, w.capacity, to_jsonb(w.tags) as tags, w.isolation, w.last_beat,
      w.stopped_at is null and w.last_beat > now() - make_interval(secs => w.ttl_ms / 1000.0) as alive,
      (select count(*)::int from drawloom.lease l where l.worker_id = w.id) as running
    from drawloom.worker w
    where w.stopped_at is null and w.last_beat > now() - interval '1 hour'
    order by w.started_at`);
  return rows.map(({ last_beat, ...row }) => ({ ...row, lastBeatAt: new Date(last_beat).toISOString() }));
}

/** What holds for every attempt, wherever it lands: the weakest of the workers that live. */
function weakest(workers: readonly WorkerFacts[]): System['isolation'] {
  const known = workers.filter((worker) => worker.alive && worker.isolation).map((worker) => worker.isolation!);
  if (known.length === 0) return { level: 'none', missing: ['no worker has reported yet'] };
  const order = ['none', 'partial', 'full'];
  const { level, missing } = known.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))[0]!;
  return { level, missing };
}

async function environmentOf({ config, environment }: House, name: string): Promise<System['environments'][number]> {
  const hash = await environment(name);
  const found = hash === undefined ? undefined : await findEnvironment(config.home, hash);
  if (found) return { name, status: 'ready', packages: [...found.packages], message: null };
  return {
    name,
    status: 'failed',
    packages: [],
    message:
      'It could not be prepared, so Python nodes cannot run. The start of Drawloom says why; start it again once that is mended.',
  };
}

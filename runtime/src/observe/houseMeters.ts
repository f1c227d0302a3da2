/**
 * Decides what `/metrics` tells of the house: what the server counts itself, what the workers wrote down, and what the database says
 * at this moment. Labels are closed lists and declared routes, never names that people give, so that there is an end to the series.
 */
import { RunStatus } from '@drawloom/shared/run/status.ts';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Sql } from '../db/connection.ts';
import type { Metered } from '../db/tables/meters.ts';
import type { EventStream } from '../events/stream.ts';
import { within } from '../within.ts';
import { RunTally } from './runTally.ts';
import { workerMeters } from './workerMeters.ts';

export interface HouseMeters {
  requests: Histogram<'method' | 'route' | 'status'>;
  /** The text of `/metrics`. What cannot be read now is left out: a database that is away must not hide the rest. */
  text(): Promise<string>;
  contentType: string;
}

const patienceMs = 3000;
/** Sums over all of the past are read this often, and no more. */
const sizesEveryMs = 60_000;

export function houseMeters({ sql, events }: { sql: Sql; events: EventStream }): HouseMeters {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'drawloom_' });
  // Gauges by nature, counters by name; their parts by type stay.
  for (const what of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`drawloom_nodejs_active_${what}_total`);
  const requests = new Histogram({
    name: 'drawloom_request_seconds',
    help: 'Time until a request was answered; streams count until they open.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  const tally = new RunTally(sql);
  let sizes: { at: number; read: Promise<Sizes> } | null = null;
  const readSizes = () => {
    if (!sizes || performance.now() - sizes.at > sizesEveryMs) sizes = { at: performance.now(), read: sizesOf(sql) };
    return sizes.read;
  };
  return {
    requests,
    contentType: registry.contentType,
    async text() {
      const now = new Registry();
      const gauge = gaugeIn(now);
      gauge('drawloom_event_viewers', 'Open event streams.', events.viewerCount);
      const parts = [
        () => tally.fill(now),
        async () => stateInto(gauge, await stateOf(sql)),
        async () =>
          gauge(
            'drawloom_event_lag_seconds',
            'Age of the oldest event that streams were not told of yet.',
            await events.lagSeconds(),
          ),
        async () => {
          const { artifacts, logs, database } = await readSizes();
          gauge('drawloom_artifact_bytes', 'Bytes of stored artifacts.', artifacts);
          gauge('drawloom_log_bytes', 'Bytes of kept logs.', logs);
          gauge('drawloom_database_bytes', 'Size of the database.', database);
        },
        async () => forgottenInto(now, sql),
      ];
      const read = await Promise.allSettled(parts.map((part) => within(patienceMs, part())));
      gauge(
        'drawloom_database_up',
        'Whether the database answered in time.',
        read.some(({ status }) => status === 'rejected') ? 0 : 1,
      );
      const workers = await within(patienceMs, workersText(sql)).catch(() => '');
      return [await registry.metrics(), await now.metrics(), workers].join('\n');
    },
  };
}

type GaugeMaker = (name: string, help: string, value: number | ReadonlyMap<string, number>, label?: string) => void;

const gaugeIn =
  (registry: Registry): GaugeMaker =>
  (name, help, value, label) => {
    const gauge = new Gauge({ name, help, registers: [registry], labelNames: label ? [label] : [] });
    if (typeof value === 'number') gauge.set(value);
    else for (const [key, one] of value) gauge.set({ [label!]: key }, one);
  };

interface State {
  ready: number;
  ready_age: number;
  leases: number;
  timers: number;
  equal_work: number;
  parked: number;
  workers_alive: number;
  workers_draining: number;
  workers_silent: number;
  unsorted: number;
  unsent: number;
  unsent_age: number;
  given_up: number;
  xmin_age: number;
  runs: Record<string, number> | null;
  connections: Record<string, number> | null;
}

/** Looks at hot tables and partial indexes only, whatever the history holds. */
async function stateOf(sql: Sql): Promise<State> {
  const [row] = await sql<State[]>`
    select
      (select count(*)::int from drawloom.ready) as ready,
      (select coalesce(extract(epoch from clock_timestamp() - min(ready_at)), 0)::float8 from drawloom.ready) as ready_age,
      (select count(*)::int from drawloom.lease) as leases,
      (select count(*)::int from drawloom.timer) as timers,
      (select count(*)::int from drawloom.cache_waiter) as equal_work,
      (select count(*)::int from drawloom.parked) as parked,
      (select count(*)::int from drawloom.worker where stopped_at is null and not draining
        and last_beat > now() - make_interval(secs => ttl_ms / 1000.0)) as workers_alive,
      (select count(*)::int from drawloom.worker where stopped_at is null and draining
        and last_beat > now() - make_interval(secs => ttl_ms / 1000.0)) as workers_draining,
      (select count(*)::int from drawloom.worker where stopped_at is null
        and last_beat between now() - interval '1 hour' and now() - make_interval(secs => ttl_ms / 1000.0)) as workers_silent,
      (select count(*)::int from drawloom.outbox where sorted_at is null) as unsorted,
      (select count(*)::int from drawloom.delivery where state = 'waiting') as unsent,
      (select coalesce(extract(epoch from now() - min(o.created_at)), 0)::float8 from drawloom.delivery d
        join drawloom.outbox o on o.id = d.outbox_id where d.state = 'waiting') as unsent_age,
      (select count(*)::int from drawloom.delivery where state = 'given_up') as given_up,
      (select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
        where datname = current_database() and backend_xmin is not null and pid <> pg_backend_pid()) as xmin_age,
      (select jsonb_object_agg(status, n) from (
        select status, count(*)::int as n from drawloom.run where finished_at is null group by 1) r) as runs,
      (select jsonb_object_agg(state, n) from (
        select coalesce(state, 'unknown') as state, count(*)::int as n from pg_stat_activity
        where datname = current_database() and application_name like 'drawloom%' group by 1) c) as connections`;
  return row!;
}

function stateInto(gauge: GaugeMaker, state: State): void {
  gauge('drawloom_ready_node_runs', 'Node runs that wait for a worker.', state.ready);
  gauge('drawloom_ready_oldest_seconds', 'How long the oldest of them has waited.', state.ready_age);
  gauge('drawloom_leases', 'Attempts under way.', state.leases);
  const waiting = new Map([
    ['time', state.timers],
    ['equal_work', state.equal_work],
    ['event', state.parked],
  ]);
  gauge(
    'drawloom_waiting_node_runs',
    'Node runs that wait for a time, for equal work, or for an event.',
    waiting,
    'for',
  );
  const workers = new Map([
    ['alive', state.workers_alive],
    ['draining', state.workers_draining],
    ['silent', state.workers_silent],
  ]);
  gauge('drawloom_workers', 'Workers by state; silent ones were heard of within the hour.', workers, 'state');
  const open = RunStatus.options.filter((status) => !['succeeded', 'failed', 'cancelled'].includes(status));
  const runs = new Map(open.map((status) => [status, state.runs?.[status] ?? 0]));
  gauge('drawloom_active_runs', 'Runs that are not over, by status.', runs, 'status');
  gauge('drawloom_outbox_unsorted', 'News of which it is not decided yet whom they concern.', state.unsorted);
  gauge('drawloom_deliveries_waiting', 'Messages that are to be sent.', state.unsent);
  gauge('drawloom_deliveries_oldest_seconds', 'Age of the oldest of them.', state.unsent_age);
  gauge('drawloom_deliveries_given_up', 'Messages that were given up within the last 30 days.', state.given_up);
  gauge(
    'drawloom_oldest_transaction_seconds',
    'Age of the oldest transaction that keeps the database from tidying up.',
    state.xmin_age,
  );
  gauge(
    'drawloom_database_connections',
    'Connections of Drawloom, by what they do.',
    new Map(Object.entries(state.connections ?? {})),
    'state',
  );
}

interface Sizes {
  artifacts: number;
  logs: number;
  database: number;
}

async function sizesOf(sql: Sql): Promise<Sizes> {
  const [row] = await sql`
    select (select coalesce(sum(size_bytes), 0) from drawloom.blob)::float8 as artifacts,
      (select coalesce(sum(size_bytes), 0) from drawloom.log_chunk)::float8 as logs,
      pg_database_size(current_database())::float8 as database`;
  return row as unknown as Sizes;
}

/** What was forgotten since there are projects, by what it was. */
async function forgottenInto(registry: Registry, sql: Sql): Promise<void> {
  const [row] = await sql`
    select coalesce(sum(forgotten_runs), 0)::float8 as runs, coalesce(sum(forgotten_artifacts), 0)::float8 as artifacts,
      coalesce(sum(forgotten_artifact_bytes), 0)::float8 as artifact_bytes, coalesce(sum(forgotten_log_bytes), 0)::float8 as log_bytes,
      coalesce(extract(epoch from clock_timestamp() - min(last_pass_at)), 0)::float8 as age
    from drawloom.retention_policy`;
  const counter = (name: string, help: string, values: Record<string, number>) => {
    const made = new Counter({ name, help, registers: [registry], labelNames: ['what'] as const });
    for (const [what, value] of Object.entries(values)) made.inc({ what }, value);
  };
  const { runs, artifacts, artifact_bytes, log_bytes } = row!;
  counter('drawloom_forgotten_total', 'Runs and artifacts that retention has forgotten.', {
    run: runs,
    artifact: artifacts,
  });
  counter('drawloom_forgotten_bytes_total', 'Bytes that retention has freed.', {
    artifact: artifact_bytes,
    log: log_bytes,
  });
  new Gauge({
    name: 'drawloom_retention_age_seconds',
    help: 'How long ago the policy of the project that waits longest was carried out.',
    registers: [registry],
  }).set(row!.age);
}

/** Counters of all workers there ever were, gauges of those that live. */
async function workersText(sql: Sql): Promise<string> {
  const rows = await sql<{ figures: Metered[]; alive: boolean }[]>`
    select m.figures, coalesce(w.stopped_at is null and w.last_beat > now() - make_interval(secs => w.ttl_ms / 1000.0), false) as alive
    from drawloom.meter m left join drawloom.worker w on w.id = m.worker_id`;
  const figures = rows.map((row) => row.figures.filter(({ type }) => row.alive || String(type) !== 'gauge'));
  // An empty set of figures names every series from the start, before any worker has written.
  const none = workerMeters({ busy: () => 0, capacity: 0, parked: () => 0 });
  const blank = (await none.registry.getMetricsAsJSON()).map((metric) =>
    metric.name === 'drawloom_worker_memory_bytes' ? { ...metric, values: [{ value: 0, labels: {} }] } : metric,
  );
  return AggregatorRegistry.aggregate([blank, ...figures]).metrics();
}

/**
 * Decides what is said of a node run that does not run yet: what it waits for, in the order in which that has to come. It is read from
 * the rows by which the claim decides: `ready` and its order, the line of a pool and its free slots, keys, timers, what is parked.
 */
import type { Wait, Waiting } from '@drawloom/shared/api/runs.ts';
import type { NodeRunStatus, ParkKind } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';
import { readPools } from './pools.ts';

/** Further ones are not counted. */
const mostCounted = 10_000;

interface Row extends Record<string, unknown> {
  project_id: string;
  status: NodeRunStatus;
  since: string | null;
  paused: boolean;
  cancelling: boolean;
  parents: { node: string; name: string; status: NodeRunStatus }[];
  at_end: boolean;
  parked: ParkKind | null;
  pool: string | null;
  slots: number | null;
  before_in_line: number;
  ahead: number;
  /** Tags that its worker must have. */
  needs: string;
  /** Other projects have work as well. */
  shared: boolean;
  let_in: boolean;
  due_at: string | null;
  attempt: number;
  filler: { run: number; node: string; name: string } | null;
  child: number | null;
  items: { total: number; done: number } | null;
  approval: { id: number; needed: number; approved: number } | null;
  alive: number;
  places: number;
  taken: number;
}

/** Undefined: there is no such node run. Without waits it runs, or is over. */
export async function readWaiting(tx: Tx, run: number, nodeId: string, mapIndex: number): Promise<Waiting | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select r.project_id, n.status, n.attempt, r.paused_at is not null as paused, r.status = 'cancelling' as cancelling,
      ${instant(sql`coalesce(k.since, n.queued_at, r.created_at)`)} as since,
      case when n.status = 'pending' then (select coalesce(jsonb_agg(b.parent order by b.node), '[]') from (
        select e.src as node, jsonb_build_object('node', q.node_id, 'name', q.name, 'status', m.status) as parent from drawloom.plan_edge e
        join drawloom.node_run m on m.run_id = n.run_id and m.node = e.src and m.map_index = 0
        join drawloom.plan_node q on q.plan_id = e.plan_id and q.node = e.src
        where e.plan_id = r.plan_id and e.dst = n.node and m.status in ('pending', 'queued', 'running', 'waiting')
        order by e.src limit 20) b) else '[]' end as parents,
      p.finally and r.finally_left > 0 as at_end,
      k.kind as parked, p.pool, p.pool_slots as slots,
      (select count(*)::int from (select from drawloom.parked o where o.pool_id = k.pool_id
        and (o.priority > k.priority or (o.priority = k.priority and o.ready_id < k.ready_id)) limit ${mostCounted}) c) as before_in_line,
      (select count(*)::int from (select from drawloom.ready o
        where o.lane = d.lane and o.needs in ('', p.needs) and (o.priority > d.priority or (o.priority = d.priority and o.id < d.id)) limit ${mostCounted}) c) as ahead,
      p.needs, exists (select from drawloom.ready o where o.lane <> d.lane and o.needs in ('', p.needs)) as shared,
      d.fence is not null as let_in,
      (select ${instant(sql`t.due_at`)} from drawloom.timer t where t.run_id = n.run_id and t.node = n.node and t.map_index = n.map_index) as due_at,
      (select jsonb_build_object('run', e.run_id, 'node', fp.node_id, 'name', fp.name)
        from drawloom.cache_waiter w join drawloom.cache_entry e on e.project_id = w.project_id and e.key = w.key
        join drawloom.run fr on fr.id = e.run_id join drawloom.plan_node fp on fp.plan_id = fr.plan_id and fp.node = e.node
        where w.run_id = n.run_id and w.node = n.node and w.map_index = n.map_index) as filler,
      (select max(c.id)::int from drawloom.run c where c.parent_run = n.run_id and c.parent_node = n.node and c.parent_map_index = n.map_index
        and c.finished_at is null) as child,
      (select jsonb_build_object('total', g.total, 'done', g.done) from drawloom.map_group g
        where g.run_id = n.run_id and g.node = n.node and k.kind = 'map') as items,
      (select jsonb_build_object('id', a.id, 'needed', a.needed, 'approved', (select count(*) from drawloom.approval_answer w where w.approval_id = a.id))
        from drawloom.approval a where a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index and a.status = 'open') as approval,
      w.alive, w.places, w.taken
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    left join drawloom.parked k on k.run_id = n.run_id and k.node = n.node and k.map_index = n.map_index
    left join drawloom.ready d on d.run_id = n.run_id and d.node = n.node and d.map_index = n.map_index
    cross join lateral (
      select count(*)::int as alive, coalesce(sum(v.capacity), 0)::int as places,
        coalesce(sum((select count(*) from drawloom.lease l where l.worker_id = v.id)), 0)::int as taken
      from drawloom.worker v where drawloom.has_tags(v.tags, p.needs) and v.stopped_at is null and not v.draining
        and v.last_beat > clock_timestamp() - v.ttl_ms * interval '1 millisecond'
    ) w
    where n.run_id = ${run}::bigint and p.node_id = ${nodeId} and n.map_index = ${mapIndex}::int`);
  if (!row) return undefined;
  return { status: row.status, since: row.since, waits: await waitsOf(tx, row) };
}

async function waitsOf(tx: Tx, row: Row): Promise<Wait[]> {
  const paused: Wait[] = row.paused
    ? [wait('paused', 'Nothing new of this run begins while it is paused. Let it go on.')]
    : [];
  switch (row.status) {
    case 'pending':
      return [
        ...paused,
        ...row.parents.map(({ node, name, status }) =>
          wait('parent', `“${name}” has to end first; it is ${status}.`, { node }),
        ),
        ...(row.at_end ? [wait('end', 'It runs when everything else in its run has ended.')] : []),
      ];
    case 'queued':
      return [
        ...paused,
        ...(row.let_in ? [wait('let_in', `It has its slots of the pool “${row.pool}”.`)] : []),
        begin(row),
      ];
    case 'waiting':
      if (row.parked === 'pool') return [await inLine(tx, row)];
      return [...paused, ...held(row)];
    default:
      return [];
  }
}

function held(row: Row): Wait[] {
  const { filler, due_at, child, items, approval, parked } = row;
  if (filler)
    return [
      wait(
        'same_work',
        `“${filler.name}” of run ${filler.run} is doing the same work; what it makes is taken over.`,
        filler,
      ),
    ];
  if (due_at)
    return [
      wait('retry', `Attempt ${row.attempt} failed; the next one is due at ${due_at.slice(11, 19)} UTC.`, {
        until: due_at,
      }),
    ];
  if (child !== null) return [wait('child', `Run ${child}, which it started, is under way.`, { run: child })];
  if (items) return [wait('items', `${items.done} of its ${items.total} items have ended.`)];
  if (approval)
    return [
      wait(
        'approval',
        `It waits for people: ${approval.approved} of ${approval.needed} ${approval.needed === 1 ? 'has' : 'have'} approved (approval ${approval.id}).`,
      ),
    ];
  return parked === null || parked === 'paused'
    ? []
    : [wait(parked === 'child' ? 'child' : 'parked', 'It waits for something that needs no worker.')];
}

/** Why a node run that could begin has not: the claim takes them in their order, as many as a worker has places. */
function begin({ alive, ahead, places, taken, needs, shared }: Row): Wait {
  if (alive === 0) return wait('no_worker', needs === '' ? 'No worker is alive. Start one.' : noneWith(needs));
  const turns = shared ? ' Projects that have work take turns.' : '';
  const others =
    ahead === 0
      ? 'It is the next to begin'
      : `${ahead >= mostCounted ? `${mostCounted} or more` : ahead} ${ahead === 1 ? 'other begins' : 'others begin'} before it: they were ready earlier, or are of a higher priority`;
  return taken >= places
    ? wait(
        'workers_busy',
        `${others}. All ${places} places of ${needs === '' ? 'the workers' : `workers with ${tagsIn(needs)}`} are taken.${turns} Wait for one, or add a worker.`,
      )
    : wait('order', `${others}.${turns} A worker takes it in a moment.`);
}

const tagsIn = (needs: string): string =>
  `the ${needs.includes(' ') ? 'tags' : 'tag'} ${needs.split(' ').join(' and ')}`;
const noneWith = (needs: string): string =>
  `No worker with ${tagsIn(needs)} is alive. Start one with DRAWLOOM_TAGS=${needs.replaceAll(' ', ',')}.`;

async function inLine(tx: Tx, row: Row): Promise<Wait> {
  const [pool] = await readPools(tx, row.project_id, row.pool!);
  const slots = row.slots === 1 ? 'a slot' : `${row.slots} slots`;
  const who = (pool?.holders ?? []).map((holder) => `“${holder.name}” of run ${holder.run}`);
  const holders = who.length > 3 ? `${who.slice(0, 3).join(', ')} and ${who.length - 3} more` : who.join(', ');
  const place =
    row.before_in_line === 0
      ? 'It is the first in line'
      : `${row.before_in_line} ${row.before_in_line === 1 ? 'stands' : 'stand'} before it in line`;
  const first = pool?.holders[0];
  return wait(
    'pool',
    `It waits for ${slots} of the pool “${row.pool}”: ${pool?.held ?? 0} of ${pool?.size ?? 0} held${holders && `, by ${holders}`}. ${place}.`,
    first ? { run: first.run, node: first.node } : {},
  );
}

const wait = (kind: Wait['kind'], message: string, more: Partial<Pick<Wait, 'run' | 'node' | 'until'>> = {}): Wait => ({
  kind,
  message,
  run: more.run ?? null,
  node: more.node ?? null,
  until: more.until ?? null,
});

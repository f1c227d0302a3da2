/**
 * Decides how the graph of lineage is walked: breadth first from what is asked about, all cards of a round by one query for each kind, up to
 * so many edges away, so many cards in all, and so many edges from one card. Wherever the answer ends before the graph does, it says so.
 */
import type { Lineage, LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { Sql } from '../../db/connection.ts';
import { namespaceOf } from '../names.ts';
import { type Card, type Look, nameOf, type Realm, type Step } from './cards.ts';
import { describe } from './describe.ts';
import { stepsAtModels } from './models.ts';
import { stepsAtOthers } from './others.ts';
import { stepsAtOwn } from './own.ts';
import { startsOf } from './starts.ts';

export interface LineageQuestion {
  project: { id: string; slug: string };
  from: string;
  direction: LineageWay | 'both';
  depth: number;
  limit: number;
  width: number;
  with?: string | undefined;
}

/** Undefined: the project has nothing of that name. */
export async function walkLineage(sql: Sql, question: LineageQuestion): Promise<Lineage | undefined> {
  const realm = await realmOf(sql, question);
  const starts = await startsOf(sql, realm, { from: question.from, limit: question.limit });
  if (starts.cards.length === 0) return undefined;
  const walk = new Walk(starts.cards);
  for (const way of question.direction === 'both' ? (['up', 'down'] as const) : [question.direction])
    await walk.go(way, question, (frontier, look) => stepsAt(sql, realm, frontier, look));
  const { nodes, ids } = await describe(sql, realm, [...walk.cards.values()], walk.more);
  return {
    from: starts.cards.flatMap((one) => ids.get(nameOf(one)) ?? []),
    nodes,
    edges: [...walk.edges.values()].flatMap(({ from, to, port }) => {
      const ends = [ids.get(from), ids.get(to)];
      return ends[0] !== undefined && ends[1] !== undefined ? [{ from: ends[0], to: ends[1], port }] : [];
    }),
    more: starts.more || walk.more.size > 0,
  };
}

async function stepsAt(sql: Sql, realm: Realm, frontier: readonly Card[], look: Look): Promise<Step[]> {
  const kinds = Map.groupBy(frontier, ({ kind }) => kind);
  const keys = (kind: Card['kind']) => (kinds.get(kind) ?? []).map(({ key }) => key);
  const found = await Promise.all(
    [stepsAtOwn, stepsAtModels, stepsAtOthers].map((steps) => steps(sql, realm, keys, look)),
  );
  return found.flat();
}

class Walk {
  readonly cards = new Map<string, Card>();
  readonly edges = new Map<string, { from: string; to: string; port: string }>();
  readonly more = new Map<string, Set<LineageWay>>();
  readonly #starts: readonly Card[];

  constructor(starts: readonly Card[]) {
    this.#starts = starts;
    for (const start of starts) this.cards.set(nameOf(start), start);
  }

  async go(
    way: LineageWay,
    { depth, limit, width }: LineageQuestion,
    stepsAt: (frontier: readonly Card[], look: Look) => Promise<Step[]>,
  ): Promise<void> {
    let frontier = this.#starts;
    const seen = new Set(frontier.map(nameOf));
    // One round more than is walked tells which of the outermost cards lead on, and joins those that are known already.
    for (let round = 0; round <= depth && frontier.length > 0; round++) {
      const next: Card[] = [];
      const steps = Map.groupBy(await stepsAt(frontier, { way, most: width + 1 }), ({ at }) => at);
      for (const [at, list] of steps) {
        // Of each kind of edge at most one more than the width came, so what is beyond it is more of the same card.
        if (list.length > width) this.#mark(at, way);
        for (const { to, port } of list.slice(0, width)) {
          const name = nameOf(to);
          if (!this.cards.has(name) && (round === depth || this.cards.size >= limit)) {
            this.#mark(at, way);
            continue;
          }
          this.cards.set(name, to);
          const [from, into] = way === 'up' ? [name, at] : [at, name];
          this.edges.set(`${from} > ${into} ${port}`, { from, to: into, port });
          if (!seen.has(name)) next.push(to);
          seen.add(name);
        }
      }
      frontier = next;
    }
  }

  #mark(name: string, way: LineageWay): void {
    const ways = this.more.get(name);
    if (ways) ways.add(way);
    else this.more.set(name, new Set([way]));
  }
}

async function realmOf(sql: Sql, { project, with: also = '' }: LineageQuestion): Promise<Realm> {
  const [row] = await sql<{ namespaces: string[] | null; has_jobs: boolean }[]>`
    select (select jsonb_agg(distinct settings ->> 'namespace') from drawloom.channel
        where project_id = ${project.id} and kind = 'openlineage' and settings ->> 'namespace' is not null) as namespaces,
      exists (select from drawloom.lineage_job where project_id = ${project.id}) as has_jobs`;
  return {
    projectId: project.id,
    namespaces: [namespaceOf(project.slug), ...(row!.namespaces ?? [])],
    hasJobs: row!.has_jobs,
    withCode: also.includes('code'),
    withEnvironments: also.includes('environment'),
  };
}

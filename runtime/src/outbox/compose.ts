/** Decides what a message says: the same facts as a title and lines for people, and as an object for programs. */
import type { NewsKind } from '@drawloom/shared/api/notifications.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Sql } from '../db/connection.ts';

export interface Message {
  /** Of the fact and the channel together: equal over all tries. */
  id: string;
  title: string;
  lines: string[];
  /** Where to look; empty when there is no run to look at. */
  link: string;
  payload: { [key: string]: Json };
}

const mostFailures = 5;
const longestText = 300;

interface Fact {
  id: string;
  kind: NewsKind | 'test' | 'lineage';
  created_at: Date;
  details: {
    nominalAt?: string;
    lateAfterMs?: number;
    problems?: { message: string }[] | null;
    approval?: number;
    title?: string;
    text?: string;
  };
  slug: string;
  project: string;
  pipeline_id: string | null;
  pipeline: string | null;
  run_id: string | null;
  status: string | null;
  trigger: string | null;
  started_at: Date | null;
  finished_at: Date | null;
}

/** Null when the fact is gone. `origin` is where people reach the editor. */
export async function compose(sql: Sql, outboxId: number, channel: string, origin: string): Promise<Message | null> {
  const [fact] = await sql<Fact[]>`
    select o.id, o.kind, o.created_at, o.details, p.slug, p.name as project, o.pipeline_id, l.name as pipeline, o.run_id,
      r.status, r.trigger, r.started_at, r.finished_at
    from drawloom.outbox o
    join drawloom.project p on p.id = o.project_id
    left join drawloom.pipeline l on l.id = o.pipeline_id
    left join drawloom.run r on r.id = o.run_id
    where o.id = ${outboxId}`;
  if (!fact) return null;
  const failures = fact.kind === 'failed' && fact.run_id ? await failuresOf(sql, fact.run_id) : [];
  const { slug, pipeline_id, run_id } = fact;
  const place =
    fact.kind === 'stopped'
      ? '/triggers'
      : fact.kind === 'approval'
        ? '/approvals'
        : run_id
          ? `/runs/${run_id}`
          : pipeline_id
            ? `/pipelines/${pipeline_id}`
            : '';
  const link = `${origin}/p/${slug}${place}`;
  return {
    id: `msg_${fact.id}_${channel}`,
    title: titleOf(fact),
    lines: linesOf(fact, failures),
    link,
    payload: {
      type: fact.kind === 'test' ? 'test' : (typeOf[fact.kind] ?? `run.${fact.kind}`),
      timestamp: new Date(fact.created_at).toISOString(),
      data: {
        project: { id: slug, name: fact.project },
        pipeline: pipeline_id ? { id: pipeline_id, name: fact.pipeline } : null,
        run: run_id
          ? {
              id: Number(run_id),
              status: fact.status,
              trigger: fact.trigger,
              startedAt: instant(fact.started_at),
              finishedAt: instant(fact.finished_at),
            }
          : null,
        failures: failures.map((one) => ({ ...one })),
        ...(fact.details.nominalAt !== undefined && { nominalAt: instant(fact.details.nominalAt) }),
        ...(fact.details.approval !== undefined && {
          approval: { id: fact.details.approval, title: fact.details.title ?? '' },
        }),
        ...(fact.details.problems && { problems: fact.details.problems.map(({ message }) => clipped(message)) }),
        link,
      },
    },
  };
}

const typeOf: Partial<Record<Fact['kind'], string>> = { stopped: 'trigger.stopped', approval: 'approval.asked' };

/** What the list of deliveries calls a fact, and what a message begins with. */
export function titleOf({ kind, pipeline }: Pick<Fact, 'kind' | 'pipeline'>): string {
  const name = pipeline ?? 'A pipeline';
  const titles: Record<Fact['kind'], string> = {
    failed: `${name} failed`,
    recovered: `${name} works again`,
    late: `${name} is late`,
    missing: `${name} did not run`,
    approval: `${name} waits for an approval`,
    stopped: `${name} does not start by itself any more`,
    test: 'A test message from Drawloom',
    lineage: `Lineage of ${name}`,
  };
  return oneLine(titles[kind]);
}

function linesOf(fact: Fact, failures: readonly Failure[]): string[] {
  const lines: string[] = [];
  if (fact.kind === 'test') lines.push(`News of the project ${oneLine(fact.project)} arrive here.`);
  else
    lines.push(
      `Project ${oneLine(fact.project)}${fact.run_id ? `, run ${fact.run_id} (${fact.trigger}, ${fact.status})` : ''}`,
    );
  for (const { name, reason, message } of failures) lines.push(`• ${name}: ${message ?? reason}`);
  const { nominalAt, lateAfterMs, title, text } = fact.details;
  if (title !== undefined) lines.push(clipped(title));
  if (text) lines.push(clipped(text));
  const problems = fact.details.problems ?? [];
  if (nominalAt !== undefined) {
    const due = `It was due at ${minuteOf(nominalAt)}`;
    if (fact.kind === 'late')
      lines.push(`${due}, and was not over ${Math.round((lateAfterMs ?? 0) / 60_000)} minutes later.`);
    else lines.push(`${due}, and no run came of it.`);
  }
  for (const { message } of problems.slice(0, mostFailures)) lines.push(`• ${clipped(message)}`);
  return lines;
}

interface Failure {
  node: string;
  name: string;
  reason: string;
  message: string | null;
}

/** The nodes that failed by themselves, first things first; the messages were masked when they were recorded. */
async function failuresOf(sql: Sql, run: string): Promise<Failure[]> {
  const rows = await sql<Failure[]>`
    select p.node_id as node, p.name, n.reason, a.error ->> 'message' as message
    from drawloom.node_run n
    join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    left join drawloom.attempt a on a.run_id = n.run_id and a.node = n.node and a.map_index = n.map_index and a.attempt = n.attempt
    where n.run_id = ${run} and n.status = 'failed' and n.map_index = 0 -- a map tells of its items itself
    order by n.finished_at, n.node limit ${mostFailures}`;
  return rows.map(({ node, name, reason, message }) => ({
    node,
    name: oneLine(name),
    reason,
    message: message === null ? null : clipped(message),
  }));
}

const instant = (at: Date | string | null): string | null => (at === null ? null : new Date(at).toISOString());
const minuteOf = (at: string): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, longestText);
const clipped = (text: string): string => {
  const [first = ''] = text.trim().split('\n');
  const line = oneLine(first);
  return line.length < first.trim().length ? `${line}…` : line;
};

/** `&`, `<` and `>` mean something in the chat's own markup, and could call everybody; nobody's names or errors may. */
export const chatText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

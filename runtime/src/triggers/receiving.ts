/**
 * Decides what becomes of a signed message: it is wanted once, by its id. The very same message again is a replay; the same id signed
 * anew is a sender that did not hear the answer, and is told what came of the first.
 */
import type { Fire } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Sql } from '../db/connection.ts';
import { decideAtOnce } from './deciding.ts';

export type Outcome = Pick<Fire, 'state' | 'why' | 'run' | 'runStatus'> & { fire: number };

export interface Message {
  trigger: string;
  id: string;
  signedAt: Date;
}

/** What came of a message that was received before. Undefined: it was not. A replay, or one that is older than what came: 'replay'. */
export async function receivedBefore(
  sql: Sql,
  { trigger, id, signedAt }: Message,
): Promise<Outcome | 'replay' | undefined> {
  const at = signedAt.toISOString();
  const [again] = await sql<FireRow[]>`
    update drawloom.fire set signed_at = ${at}::text::timestamptz
    where trigger_id = ${trigger} and key = ${id} and signed_at < ${at}::text::timestamptz
    returning id, state, why, run_id, run_status`;
  if (again) return outcomeOf(again);
  const [known] = await sql`select from drawloom.fire where trigger_id = ${trigger} and key = ${id}`;
  return known && 'replay';
}

/** Notes that a run is wanted and decides about it. Of several that bring one message at once, one is the first. */
export async function noteMessage(
  sql: Sql,
  message: Message,
  parameters: Record<string, Json>,
): Promise<Outcome | 'replay' | undefined> {
  const { trigger, id, signedAt } = message;
  const [noted] = await sql`
    insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, parameters, signed_at)
    values (${trigger}, ${id}, date_trunc('milliseconds', now()), now(), 'due', ${JSON.stringify(parameters)}::text::jsonb, ${signedAt.toISOString()}::text::timestamptz)
    on conflict (trigger_id, key) do nothing returning id`;
  if (!noted) return receivedBefore(sql, message);
  await decideAtOnce(sql, trigger);
  const [fire] = await sql<
    FireRow[]
  >`select id, state, why, run_id, run_status from drawloom.fire where id = ${noted.id}`;
  return fire && outcomeOf(fire); // gone with its trigger, if somebody removed that just now
}

interface FireRow {
  id: string;
  state: Fire['state'];
  why: Fire['why'];
  run_id: string | null;
  run_status: Fire['runStatus'];
}
const outcomeOf = ({ id, state, why, run_id, run_status }: FireRow): Outcome => ({
  fire: Number(id),
  state,
  why,
  run: run_id === null ? null : Number(run_id),
  runStatus: run_status,
});

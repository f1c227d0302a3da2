/**
 * Decides how an approval is answered, and what it gives. Whether an answer decides it is for the database alone, under its locks; what the
 * node gives then is written into the store before, from the answers that were seen, and counts only when no other came in between.
 */
import { Readable } from 'node:stream';
import type { ApprovalStatus, Verdict } from '@drawloom/shared/api/approvals.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { storableJson } from '../db/storable.ts';

export interface Answer {
  personId: string;
  personName: string;
  via: string;
  verdict: Verdict;
  /** As the form bound them. */
  values: Record<string, Json>;
  comment: string;
}

/**
 * `twice`: this person answered before; `over`: it was decided before, or its time is up; `stale`: what a promotion was compared with
 * moved; `gone`: there is none.
 */
export type Answered = ApprovalStatus | 'twice' | 'over' | 'stale' | 'gone';

type Store = Pick<ArtifactStore, 'put'>;

/** Takes a person's answer; without a `store` where it gives no outputs. Ring the bell afterwards. */
export async function answerApproval(
  sql: Sql,
  store: Store | null,
  approval: number,
  answer: Answer,
): Promise<Answered> {
  for (;;) {
    const before = await answersSoFar(sql, approval);
    const answers = [...before.answers, { ...answer, at: before.now }];
    const outputs = store && answer.verdict === 'approve' ? await writeOutputs(store, answers, before.promotion) : null;
    const [row] = await sql<{ outcome: Answered | 'again' }[]>`
      select drawloom.answer_approval(${approval}::bigint, ${before.answers.length}::int, ${answer.personId}::uuid,
        ${answer.personName}::text, ${answer.via}::text, ${answer.verdict}::text, ${storableJson(answer.values)}::text::jsonb,
        ${answer.comment}::text, ${before.now}::text::timestamptz, ${outputs && JSON.stringify(outputs)}::text::jsonb) as outcome`;
    const { outcome } = row!;
    if (outcome !== 'again') return outcome;
  }
}

/** Decides the approvals whose time is up. Any process may ask, at any time; each is decided once. Returns how many. */
export async function endExpired(sql: Sql, store: Store): Promise<number> {
  const due = await sql`
    select a.id, a.on_expiry from drawloom.approval a
    where a.status = 'open' and a.expires_at <= now() and drawloom.is_expired(a) order by a.expires_at limit 100`;
  let ended = 0;
  for (const { id, on_expiry } of due) {
    const { answers, promotion } = await answersSoFar(sql, Number(id));
    const outputs = on_expiry === 'approve' ? await writeOutputs(store, answers, promotion) : null;
    const [row] = await sql<{ ended: boolean }[]>`
      select drawloom.expire_approval(${id}::bigint, ${answers.length}::int, ${outputs && JSON.stringify(outputs)}::text::jsonb) as ended`;
    if (row!.ended) ended++;
  }
  return ended;
}

interface Given extends Omit<Answer, 'via'> {
  at: string;
}

/** The version that a promotion is about. */
interface Promoted {
  [key: string]: Json;
  model: string;
  version: number;
}

async function answersSoFar(
  sql: Sql,
  approval: number,
): Promise<{ answers: Given[]; promotion: Promoted | null; now: string }> {
  const [row] = await sql<{ now: Date; promotion: Promoted | null; answers: Given[] }[]>`
    select now() as now, (
      select jsonb_build_object('model', m.name, 'version', v.version) from drawloom.model_promotion p
      join drawloom.model_version v on v.id = p.version_id join drawloom.registered_model m on m.id = v.model_id
      where p.approval_id = ${approval}) as promotion, coalesce((
      select jsonb_agg(jsonb_build_object('personId', w.person_id, 'personName', w.person_name, 'verdict', w.verdict, 'values', w.values,
        'comment', w.comment, 'at', to_char(w.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by w.at, w.person_id)
      from drawloom.approval_answer w where w.approval_id = ${approval}), '[]') as answers`;
  return { answers: row!.answers, promotion: row!.promotion, now: new Date(row!.now).toISOString() };
}

/** What the node gives: the values of the form as the last of them approved, or the version that was promoted, and who said what. */
async function writeOutputs(store: Store, answers: readonly Given[], promotion: Promoted | null): Promise<object[]> {
  const values = answers.findLast(({ verdict }) => verdict === 'approve')?.values ?? {};
  const told = answers.map(({ personId, personName, verdict, values, comment, at }) => ({
    person: { id: personId, name: personName },
    verdict,
    values,
    comment,
    at,
  }));
  return Promise.all(
    Object.entries({ ...(promotion ? { version: promotion } : { values }), answers: told }).map(
      async ([port, json]) => {
        const stored = await store.put(Readable.from([Buffer.from(JSON.stringify(json))]));
        return { port, kind: 'value', mediaType: 'application/json', ...stored };
      },
    ),
  );
}

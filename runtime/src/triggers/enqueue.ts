/** Decides how a start is handed to the queue: once per attempt of a fire, however often it is handed over. */
import type postgres from 'postgres';
import type { Sql } from '../db/connection.ts';

/** The task of the queue that starts the run of a fire. */
export const fireTask = 'fire';
export interface FireJob {
  fire: number;
}

export async function enqueueFire(tx: postgres.TransactionSql | Sql, fire: number, attempt: number): Promise<void> {
  await tx`select graphile_worker.add_job(${fireTask}, ${JSON.stringify({ fire } satisfies FireJob)}::text::json,
    job_key := ${`${fireTask} ${fire} ${attempt}`}, max_attempts := 10)`;
}

/** Decides how a time is written in an answer. */
import { type SQL, sql } from 'drizzle-orm';

/** UTC, milliseconds, Z. */
export const instant = (time: SQL): SQL => sql`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Decides how the program talks to its database: one pool, drizzle for what has a shape, and `sql` for what is SQL itself. */
import type { ExtractTablesWithRelations } from 'drizzle-orm';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { ConnectionEndedError, databaseSockets } from './socket.ts';
import * as tables from './tables/index.ts';

/** The database, or a transaction on it: whatever a function of `record` may be handed. */
export type Tx = PgDatabase<PostgresJsQueryResultHKT, typeof tables, ExtractTablesWithRelations<typeof tables>>;
export type Sql = postgres.Sql;

export interface Database {
  db: Tx;
  /**
   * The same pool without drizzle. Times come as text, and JSON goes in as text: `${JSON.stringify(value)}::text::jsonb`
   * (drizzle takes the driver's own conversions out, so that its own are the only ones).
   */
  sql: Sql;
  close(): Promise<void>;
}

export function connect(url: string, { max = 10, name = 'drawloom' }: { max?: number; name?: string } = {}): Database {
  const options: postgres.Options<Record<string, never>> & { socket: unknown } = {
    max,
    socket: databaseSockets(), // the driver reads it, its types do not name it
    onnotice: () => {},
    // In seconds, like the pause below; a try that hangs is not worth more.
    connect_timeout: 5,
    // In seconds. The driver's own grows to twenty within moments, for it counts the failures of all connections as one row.
    backoff: (failures: number) => Math.min(1, 0.02 * 2 ** failures) * (0.5 + Math.random() / 2),
    // The driver asks for the array types of the server on its own account, and dies of it when the connection is lost right then.
    // Without it, arrays come as text: let SQL answer them as JSON.
    fetch_types: false,
    connection: {
      application_name: name,
      search_path: 'drawloom, public',
      // A transaction left open holds back the cleaning of the hot tables; a lost client must not do that for long.
      idle_in_transaction_session_timeout: 30_000,
      // Compiling a statement costs more than any of ours takes.
      jit: false,
    },
  };
  const sql = postgres(url, options);
  sql.begin = beginThatOutlivesItsConnection(sql);
  const db = drizzle(sql, { schema: tables, casing: 'snake_case' });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
}

/**
 * A transaction whose connection is lost is refused at once, but what it was doing goes on for a while: it may be waiting for something
 * else. The driver dies of whatever such a one still asks, its rollback included. So its questions are refused here, and its end,
 * which nobody waits for any more, is not told.
 */
function beginThatOutlivesItsConnection(sql: Sql): Sql['begin'] {
  const begin = sql.begin.bind(sql);
  return (...given: unknown[]) => {
    const work = given.pop() as (tx: postgres.TransactionSql) => unknown;
    let over = false;
    const transaction = begin((given[0] as string | undefined) ?? '', async (tx) => {
      const refusing = new Proxy(tx, {
        apply: (ask, self, args) => (over ? refuse() : Reflect.apply(ask, self, args)),
        get: (of, name) => {
          const part = Reflect.get(of, name);
          return over && typeof part === 'function' ? refuse : part;
        },
      });
      try {
        return await work(refusing);
      } finally {
        if (over) await new Promise(() => {});
      }
    });
    transaction.then(
      () => {},
      () => {
        over = true;
      },
    );
    return transaction;
  };
}

const refuse = (): Promise<never> =>
  Promise.reject(new ConnectionEndedError('CONNECTION_CLOSED', 'it was lost while the transaction did something else'));

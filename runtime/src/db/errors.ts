/** Decides what a caller can be told of the database's errors, and which texts may be asked for as ids at all. */

/** A row with this key is there already. `constraint` narrows it to one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, constraint_name: name } = cause as { code?: string; constraint_name?: string };
    if (code === '23505') return constraint === undefined || name === constraint;
  }
  return false;
}

/** Asking Postgres for anything else as a uuid is an error there, and merely nothing found here. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** Of the driver, of the network, and of Postgres: connection lost (08), shutting down or starting (57P), too many clients. */
const away =
  /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|08...|57P0[1235]|53300)$/;

/** The database cannot be asked right now; nothing is wrong with the question. */
export const isDatabaseAway = (error: Error): boolean => away.test(String((error as { code?: unknown }).code ?? ''));

/** Decides whether the database that was named can be used, and says in one sentence why not. */
import postgres from 'postgres';
import { StartProblem } from '../startProblem.ts';

const oldestPostgres = 15;

/** Answers the version of Postgres there. */
export async function reachDatabase(url: string): Promise<string> {
  // The address without its password, for the messages.
  const { hostname, port, pathname, username } = new URL(url);
  const where = `${hostname}:${port || 5432}`;
  const sql = postgres(url, { max: 1, connect_timeout: 8, idle_timeout: 1, onnotice: () => {} });
  try {
    const [row] = await sql`select current_setting('server_version_num')::int as number, version() as text`;
    const major = Math.floor(row!.number / 10_000);
    if (major < oldestPostgres) {
      throw new StartProblem(
        `The database at ${where} is Postgres ${major}; Drawloom needs ${oldestPostgres} or newer. ` +
          'Upgrade it, or unset DATABASE_URL to use the one that comes with Drawloom.',
      );
    }
    return String(major);
  } catch (cause) {
    if (cause instanceof StartProblem) throw cause;
    throw new StartProblem(`${sentence(cause as { code?: string; message: string })} ${remedy}`, { cause });
  } finally {
    await sql.end({ timeout: 1 });
  }

  function sentence({ code, message }: { code?: string; message: string }): string {
    switch (code) {
      case 'ECONNREFUSED':
        return `No database answers at ${where}: the connection was refused.`;
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `The database host ${hostname} is not known here.`;
      case 'CONNECT_TIMEOUT':
      case 'ETIMEDOUT':
      case 'EHOSTUNREACH':
      case 'ENETUNREACH':
        return `The database at ${where} did not answer in time.`;
      case '28P01':
      case '28000':
        return `The database at ${where} refuses the user ${username || '(none)'} with this password.`;
      case '3D000':
        return `The server at ${where} has no database named ${decodeURIComponent(pathname.slice(1))}.`;
      default:
        return `The database at ${where} cannot be used: ${message.replace(/\.$/, '')}.`;
    }
  }
}

const remedy =
  'Correct DATABASE_URL or start that database, or unset DATABASE_URL to use the one that comes with Drawloom.';

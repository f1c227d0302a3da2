/** Decides whether others may reach this server already: not before somebody here has made it theirs. */
import { isNotNull } from 'drizzle-orm';
import { isLoopback } from '../auth/origin.ts';
import type { ProgramConfig } from '../config.ts';
import { connect } from '../db/connection.ts';
import { people, signInLinks } from '../db/tables/people.ts';
import { StartProblem } from '../startProblem.ts';

export async function refuseUnownedExposure({ host, adminToken, databaseUrl }: ProgramConfig): Promise<void> {
  if (isLoopback(host) || adminToken !== undefined || (await isOwned(databaseUrl))) return;
  throw new StartProblem(
    `HOST is ${host}, which other machines can reach, and nobody has signed in here yet. Start once with HOST=127.0.0.1 and ` +
      'use the sign-in link, or preset a token in DRAWLOOM_ADMIN_TOKEN (make one with `openssl rand -hex 32`).',
  );
}

async function isOwned(databaseUrl: string): Promise<boolean> {
  const { db, close } = connect(databaseUrl, { max: 1, name: 'drawloom start' });
  try {
    const used = db.select().from(signInLinks).where(isNotNull(signInLinks.usedAt)).limit(1);
    const chosen = db.select().from(people).where(isNotNull(people.passwordHash)).limit(1);
    for (const found of [used, chosen]) if ((await found).length > 0) return true;
    return false;
  } finally {
    await close();
  }
}

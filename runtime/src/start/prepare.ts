/** Decides what must be there before server and worker can start, and brings it, one step after the other. */
import type { Config, ProgramConfig } from '../config.ts';
import { connect } from '../db/connection.ts';
import { migrate, NewerSchemaError } from '../db/migrate.ts';
import { startPostgres } from '../db/postgres.ts';
import { EnvironmentProblem, findPython, prepareEnvironment } from '../environments/index.ts';
import { seedExample } from '../examples/seed.ts';
import { StartProblem } from '../startProblem.ts';
import { checkAddress } from './address.ts';
import { reachDatabase } from './database.ts';
import { buildEditorWhenStale } from './editor.ts';
import type { Ends } from './ends.ts';
import { type OwnedHome, ownHome } from './home.ts';
import type { Progress } from './progress.ts';

export interface Prepared {
  config: ProgramConfig;
  home: OwnedHome;
  /** Resolves when a part that cannot be brought back has gone: time to end the rest. Never, while all is well. */
  lost: Promise<string>;
}

interface Settings {
  /** False where a development server draws the editor from its sources. */
  withEditor: boolean;
}

/** throws  StartProblem with a sentence for the person */
export async function prepare(
  config: Config,
  progress: Progress,
  ends: Ends,
  { withEditor }: Settings,
): Promise<Prepared> {
  const home = ownHome(config.home);
  ends(() => home.release());
  await checkAddress(config.host, config.port);
  // What may be refused comes first, what takes long comes last.
  await progress.step('looking for Python', async () => {
    const python = await findPython().catch(notEvenPython);
    return { value: python, line: `Python ${python.version.join('.')} (${python.path})` };
  });
  let lose: (why: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    lose = resolve;
  });
  const databaseUrl = await progress.step('starting the database', () => database(config, progress, ends, lose));
  await progress.step('bringing its tables up to date', async () => {
    await migrate(databaseUrl).catch(asStartProblem);
    return { value: undefined, line: 'Tables up to date' };
  });
  if (withEditor) {
    await progress.step('looking at the editor', async (tell) => {
      const built = await buildEditorWhenStale(tell);
      return { value: built, line: built ? 'Editor built' : 'Editor up to date' };
    });
  }
  await pythonEnvironment(config, progress);
  await progress.step('looking at the example', async () => {
    const { db, close } = connect(databaseUrl, { max: 1, name: 'drawloom start' });
    const seeded = await seedExample(db).finally(close);
    return { value: seeded, line: seeded ? 'Example project made' : 'Projects there' };
  });
  return { config: { ...config, databaseUrl }, home, lost };
}

async function database(config: Config, progress: Progress, ends: Ends, lose: (why: string) => void) {
  if (config.databaseUrl) {
    const version = await reachDatabase(config.databaseUrl);
    const { hostname } = new URL(config.databaseUrl);
    return {
      value: config.databaseUrl,
      line: `Database reached (Postgres ${version} at ${hostname}, from DATABASE_URL)`,
    };
  }
  const postgres = await startPostgres({ home: config.home, onLoss: (line) => progress.warn(line) });
  let stopping = false;
  ends(() => {
    stopping = true;
    return postgres.stop();
  });
  postgres.ended.then(() => stopping || lose('The embedded Postgres has ended and does not come up again.'));
  const { port } = new URL(postgres.url);
  return { value: postgres.url, line: `Database started (embedded Postgres, port ${port})` };
}

/** Python nodes need it and nothing else does, so a start without it goes on and says what is missing. */
async function pythonEnvironment(config: Config, progress: Progress): Promise<void> {
  try {
    await progress.step('looking at the Python environment', async (tell) => {
      const environment = await prepareEnvironment(config.home, 'default', tell);
      return { value: environment, line: `Python environment ready (${environment.packages.length} packages)` };
    });
  } catch (problem) {
    if (!(problem instanceof EnvironmentProblem)) throw problem;
    progress.warn(`Python nodes cannot run yet. ${problem.message}`);
  }
}

function notEvenPython(problem: unknown): never {
  if (problem instanceof EnvironmentProblem) throw new StartProblem(problem.message, { cause: problem });
  throw problem;
}

/** The migrations tell what a person can mend as an error of their own kind. */
function asStartProblem(problem: unknown): never {
  if (problem instanceof NewerSchemaError) throw new StartProblem(problem.message, { cause: problem });
  throw problem;
}

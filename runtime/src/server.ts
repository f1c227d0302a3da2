/** The server as a program: what it is made of, how it comes up, and how it leaves without cutting anybody off. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import pino from 'pino';
import { createApp } from './api/app.ts';
import { longestSilenceMs } from './api/arriving.ts';
import type { House } from './api/house.ts';
import { messagesOf } from './api/notifications.ts';
import { groundOf } from './api/runs.ts';
import { LocalStore } from './artifacts/localStore.ts';
import { forgetOldTries } from './auth/limiter.ts';
import { writeLocalToken } from './auth/localToken.ts';
import { allowedHosts, isLoopback } from './auth/origin.ts';
import { adminCanSignIn, ensureOwner } from './auth/people.ts';
import { forgetOldSessions } from './auth/sessions.ts';
import { checkout } from './checkout.ts';
import type { ProgramConfig } from './config.ts';
import { tellingOfLoss } from './db/away.ts';
import { connect } from './db/connection.ts';
import { environmentLocks } from './environments/locks.ts';
import { EventStream } from './events/stream.ts';
import { startArtifactReader } from './execute/reader.ts';
import { catalog } from './nodes/catalog.ts';
import { wantTraces } from './observe/exportTraces.ts';
import { Bell } from './queue/bell.ts';
import { runClock } from './queue/clock.ts';
import { abandonedAfterMs, dutiesOf } from './queue/duties.ts';
import { runJobs } from './queue/jobs.ts';
import { StartProblem } from './startProblem.ts';
import type { LaunchByTrigger } from './triggers/carrying.ts';
import { launch } from './triggers/launch.ts';
import { lookAtFiles } from './triggers/newData.ts';
import { rightsLost, rightsOf } from './triggers/rights.ts';
import { version } from './version.ts';
import { within } from './within.ts';

export interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

/** Where parts of this program keep their files below the home folder. */
export const artifactsFolder = (home: string): string => path.join(home, 'artifacts');
export const logsFolder = (home: string): string => path.join(home, 'logs');

const farewellMs = 5000;

/** Resolves once it listens. The database is there and migrated by then. */
export async function startServer(config: ProgramConfig): Promise<RunningServer> {
  const log = pino(
    { name: 'server', level: process.env.DRAWLOOM_LOG ?? 'warn' },
    pino.destination({ fd: 2, sync: false }),
  );
  const { db, sql, close } = connect(config.databaseUrl, { max: 16, name: 'drawloom server' });
  const onError = tellingOfLoss(sql, log);
  const events = new EventStream(sql, { onError: (error) => onError(error, 'event stream') });
  let url = '';
  let listeningPort = config.port;
  try {
    await ensureOwner(db);
    if (!isLoopback(config.host) && config.adminToken === undefined && !(await adminCanSignIn(db)))
      throw new StartProblem(
        `HOST is ${config.host}, which others can reach, and no admin has a password or token yet. ` +
          'Start once without HOST, set a password in the settings, then start with it; or set DRAWLOOM_ADMIN_TOKEN.',
      );
    if (config.traces) await wantTraces(sql);
    await events.start();
    const store = new LocalStore(artifactsFolder(config.home));
    await store.sweepTemp(abandonedAfterMs);
    const reader = startArtifactReader({ home: config.home, store, isolation: config.leastIsolation });
    const house: House = {
      config,
      db,
      sql,
      catalog,
      store,
      reader,
      logsFolder: logsFolder(config.home),
      events,
      bell: new Bell(sql),
      log,
      port: () => listeningPort,
      presetTokens: [await writeLocalToken(config.home), ...(config.adminToken ? [config.adminToken] : [])],
      hosts: allowedHosts(config.host, config.hosts),
      origin: () => config.publicUrl ?? url,
      version,
      editorFolder: path.join(checkout, 'editor/dist'),
      silenceMs: longestSilenceMs,
      environment: environmentLocks(),
    };
    const server = await listen(createApp(house), config);
    const jobs = await runJobs({
      url: config.databaseUrl,
      ...dutiesOf({
        sql,
        launch: launchByTrigger(house),
        home: config.home,
        messages: messagesOf(house),
        traces: config.traces,
        store,
        logsFolder: house.logsFolder,
      }),
      onError,
    });
    const clock = runClock({ sql, bell: house.bell, store, files: () => lookAtFiles(house), onError });
    const { port } = server.address() as AddressInfo;
    listeningPort = port;
    url = addressOf(config.host, port);
    const housekeeping = setInterval(() => keepHouse(house), 3_600_000).unref();
    return {
      url,
      async stop() {
        clearInterval(housekeeping);
        const closed = new Promise((resolve) => server.close(resolve));
        await events.stop(); // streams end by themselves only now
        server.closeIdleConnections();
        const cut = setTimeout(() => server.closeAllConnections(), farewellMs).unref();
        await closed;
        clearTimeout(cut);
        for (const end of [() => reader.close(), () => clock.stop(), () => jobs.stop(), close])
          await within(farewellMs, end()).catch((error) => log.warn({ error: String(error) }, 'stopping'));
      },
    };
  } catch (problem) {
    await events.stop();
    await close();
    throw problem;
  }
}

async function listen(app: ReturnType<typeof createApp>, { host, port }: ProgramConfig): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  // A request's head comes at once or not at all; a body may take its time, as long as it brings something (`api/arriving.ts`).
  server.headersTimeout = 20_000;
  server.requestTimeout = 0;
  server.keepAliveTimeout = 30_000;
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

function addressOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

export const launchByTrigger =
  (house: House): LaunchByTrigger =>
  async (wanted) => {
    // Whoever saved the trigger last answers for what its runs do and are given, as of the moment that it fires.
    const rights = await rightsOf(house.db, wanted);
    if (!rights.has('schedule.manage')) return { problems: [rightsLost] };
    return launch(groundOf(house), {
      ...wanted,
      mayUseSecrets: (projectId) => projectId === wanted.projectId && rights.has('secret.use'),
    });
  };

async function keepHouse({ db, log }: House): Promise<void> {
  try {
    await forgetOldTries(db);
    await forgetOldSessions(db);
  } catch (error) {
    log.warn({ error: String(error) }, 'housekeeping');
  }
}

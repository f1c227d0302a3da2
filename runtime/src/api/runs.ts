/** The routes about runs: starting, watching, stopping, doing again, and looking into every node of one. */
import { largestOrdinal } from '@drawloom/shared/api/contract.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { RunSummary } from '@drawloom/shared/api/runs.ts';
import { type Json, pointer } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { isRunFinal, NodeRunStatus, RunStatus } from '@drawloom/shared/run/status.ts';
import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { actionsIn } from '../auth/authorize.ts';
import { limits } from '../auth/limiter.ts';
import { namesOf } from '../auth/people.ts';
import type { Tx } from '../db/connection.ts';
import { pipelineVersions } from '../db/tables/pipelines.ts';
import { runs } from '../db/tables/runs.ts';
import { poolProblemsOf } from '../record/pools.ts';
import { compareRuns } from '../record/read/comparison.ts';
import { foreseeRun } from '../record/read/foresight.ts';
import { getMetrics } from '../record/read/metrics.ts';
import { getNodeRun, readItems, readNodeRuns } from '../record/read/node-runs.ts';
import { readReproduction } from '../record/read/reproduction.ts';
import { readResources } from '../record/read/resources.ts';
import { readRowChanges } from '../record/read/rowChanges.ts';
import { getRun, getRunSummary, listRuns } from '../record/read/runs.ts';
import { readTimeline } from '../record/read/timeline.ts';
import { readWaiting } from '../record/read/waiting.ts';
import { cancelRun, pauseRun, type RerunRequest, rerunRun, resumeRun } from '../record/runs.ts';
import { tagProblemsOf } from '../record/tags.ts';
import { secretProblems } from '../secrets/planned.ts';
import { foresee, type Ground, type Launched, launch } from '../triggers/launch.ts';
import type { House } from './house.ts';
import { currentDocument } from './pipelines.ts';
import { placeIn } from './placeInList.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Call, type Handler, handle } from './wire.ts';

export const runHandlers: Handler[] = [
  handle(routes.startRun, async (call) => {
    const { house, params, body, subject } = call;
    await limitStarts(call);
    const started = await launch(groundOf(house), {
      pipelineId: params.pipeline,
      version: body.version,
      parameters: body.parameters,
      trigger: subject.via === 'session' ? 'manual' : 'api',
      actor: subject.personId,
      mayUseSecrets: (projectId) => actionsIn(subject, projectId).has('secret.use'),
      idempotencyKey: body.idempotencyKey,
      reuse: body.reuse,
      timeoutMs: body.timeoutMs,
      priority: body.priority,
      scope: body.scope,
    });
    if ('problems' in started) throw refused(started.problems);
    call.note({ run: started.run, existed: started.existed });
    return { run: await summaryOf(house, started.run), existed: started.existed };
  }),

  handle(routes.planRun, async ({ house, params, body, subject }) => {
    const foreseen = await foresee(groundOf(house), {
      pipelineId: params.pipeline,
      version: body.version,
      parameters: body.parameters,
      mayUseSecrets: (projectId) => actionsIn(subject, projectId).has('secret.use'),
      scope: body.scope,
    });
    if ('problems' in foreseen) throw refused(foreseen.problems);
    return foreseeRun(house.db, {
      ...foreseen,
      project: foreseen.project.id,
      pipeline: params.pipeline,
      reuse: body.reuse,
    });
  }),

  handle(routes.listRuns, async ({ house, project, query }) => {
    const page = await listRuns(house.db, {
      projectId: project.id,
      pipelineId: query.pipeline,
      statuses: query.status ? statusesIn(query.status, RunStatus) : undefined,
      trigger: query.trigger,
      parent: query.parent,
      since: query.since,
      until: query.until,
      after: query.after === undefined ? undefined : placeIn(query.after),
      limit: query.limit,
    });
    return { ...page, items: await named(house, page.items) };
  }),

  handle(routes.adviseResources, async ({ house, params, query }) => ({
    nodes: await readResources(house.db, params.pipeline, query.node),
  })),

  handle(routes.getRun, async ({ house, params }) => {
    const run = await getRun(house.db, params.run);
    if (!run) throw notThere();
    const [summary] = await named(house, [run]);
    return { ...run, ...summary!, document: currentDocument(run.document) };
  }),

  handle(routes.cancelRun, async ({ house, params, subject }) => {
    await house.db.transaction((tx) => cancelRun(tx, params.run, subject.personId));
    house.bell.ring('drawloom_event');
    return summaryOf(house, params.run);
  }),

  handle(routes.pauseRun, async ({ house, params }) => {
    const paused = await house.db.transaction((tx) => pauseRun(tx, params.run));
    house.bell.ring('drawloom_event');
    const summary = await summaryOf(house, params.run);
    if (paused || summary.pausedAt) return summary;
    throw new Refusal(
      409,
      'run_over',
      `Run ${params.run} is ${summary.status}; only a run that goes on can be paused.`,
    );
  }),

  handle(routes.resumeRun, async ({ house, params }) => {
    await house.db.transaction((tx) => resumeRun(tx, params.run));
    house.bell.ring('drawloom_ready');
    house.bell.ring('drawloom_event');
    const summary = await summaryOf(house, params.run);
    if (!isRunFinal(summary.status)) return summary;
    throw new Refusal(
      409,
      'run_over',
      `Run ${params.run} is over, and so there is nothing that could go on. Run it again.`,
    );
  }),

  handle(routes.rerunRun, async (call) => {
    const { params, body } = call;
    await beforeRerun(call);
    const asItWas = body.version === 'same' && body.parameters === undefined;
    return begun(
      call,
      asItWas ? await rerunSame(call, { ...body, only: body.from ?? body.only }) : await rerunOther(call, params.run),
    );
  }),

  handle(routes.reproduceRun, async (call) => {
    await beforeRerun(call);
    return begun(call, await rerunSame(call, { ...call.body, only: 'all', reproduces: true }));
  }),

  handle(routes.getReproduction, async ({ house, params }) => {
    const found = await readReproduction(house.db, params.run);
    if (!found) throw notThere();
    return found;
  }),

  handle(routes.compareRuns, async ({ house, params }) => {
    const found = await compareRuns(house.db, params.base, params.run);
    if (!found)
      throw new Refusal(
        404,
        'not_found',
        `There is no run ${params.base} in the project of run ${params.run} to compare it with.`,
      );
    return found;
  }),

  handle(routes.getNodeRun, async ({ house, params, query }) => {
    const nodeRun = await getNodeRun(house.db, params.run, params.node, query.mapIndex);
    if (!nodeRun) throw notThere();
    return nodeRun;
  }),

  handle(routes.listItems, async ({ house, params, query }) => {
    if (!(await getNodeRun(house.db, params.run, params.node))) throw notThere();
    return readItems(house.db, params.run, params.node, {
      statuses: query.status ? statusesIn(query.status, NodeRunStatus) : undefined,
      after: query.after === undefined ? undefined : Math.min(placeIn(query.after), largestOrdinal),
      limit: query.limit,
    });
  }),

  handle(routes.whyNodeRun, async ({ house, params, query }) => {
    const waiting = await readWaiting(house.db, params.run, params.node, query.mapIndex);
    if (!waiting) throw notThere();
    return waiting;
  }),

  handle(routes.getRowChanges, async ({ house, params }) => ({
    outputs: await readRowChanges(house.db, params.run),
  })),

  handle(routes.getTimeline, async ({ house, params }) => ({ nodes: await readTimeline(house.db, params.run) })),

  handle(routes.getMetrics, async ({ house, params, query }) => ({
    metrics: await getMetrics(house.db, params.run, query),
  })),
];

export const groundOf = ({ db, catalog, store, bell, config, environment }: House): Ground => ({
  db,
  catalog,
  store,
  bell,
  home: config.home,
  environment,
});

/** The operator's own token is not held back: set-ups and benchmarks start runs as fast as they like. */
async function limitStarts({ limit, project, subject }: Call): Promise<void> {
  if (subject.via !== 'preset token') await limit(limits.startRun, project.id);
}

/** What has to hold before a run is done again. */
async function beforeRerun(call: Call<{ run: number }, unknown, unknown>): Promise<void> {
  await limitStarts(call);
  const { parent, trigger } = await summaryOf(call.house, call.params.run);
  if (trigger.kind === 'ask')
    throw new Refusal(
      422,
      'ask_run',
      'This run asked a sensor, and what it answers now counts for nothing. Its trigger asks again by itself, with the same cursor when this one failed.',
    );
  if (parent)
    throw new Refusal(
      422,
      'child_run',
      `This run is a part of run ${parent.run}, and what it works on comes from there. Run that one again; what went well here is taken over.`,
    );
}

async function begun(call: Call<{ run: number }, unknown, unknown>, started: Launched | undefined) {
  const { house } = call;
  if (!started) throw notThere();
  if ('problems' in started) throw refused(started.problems);
  house.bell.ring('drawloom_ready');
  house.bell.ring('drawloom_event');
  call.note({ run: started.run, existed: started.existed });
  return { run: await summaryOf(house, started.run), existed: started.existed };
}

interface Again {
  only: RerunRequest['only'];
  idempotencyKey?: string | undefined;
  reproduces?: boolean;
}

/** With the plan that is on record. */
async function rerunSame(
  { house, params, subject, project }: Call<{ run: number }, unknown, unknown>,
  { only, idempotencyKey, reproduces }: Again,
): Promise<Launched | undefined> {
  const mayUseSecrets = actionsIn(subject, project.id).has('secret.use');
  return house.db.transaction(async (tx) => {
    const problems = [
      ...(await secretProblems(tx, params.run, mayUseSecrets)),
      ...(await poolProblemsOf(tx, params.run)),
      ...(await tagProblemsOf(tx, params.run)),
      ...(typeof only === 'string' ? [] : await unknownNodes(tx, params.run, only)),
    ];
    if (problems.length > 0) return { problems };
    return rerunRun(tx, params.run, {
      only,
      actor: subject.personId,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(reproduces && { reproduces }),
    });
  });
}

async function unknownNodes(tx: Tx, run: number, nodes: readonly string[]): Promise<Problem[]> {
  const found = new Set((await readNodeRuns(tx, run)).map(({ node }) => node));
  return nodes.flatMap((node, index): Problem[] =>
    found.has(node)
      ? []
      : [
          {
            code: 'node_unknown',
            message: `Run ${run} has no node "${node}". Name one that it has.`,
            at: pointer('from', index),
            severity: 'error',
          },
        ],
  );
}

/** What one may not start is refused as such; everything else is a drawing that cannot run. */
const refused = (problems: readonly Problem[]): Refusal => {
  const denied = problems.find((problem) => problem.code === 'secret_not_allowed');
  return denied
    ? new Refusal(403, denied.code, denied.message, { at: denied.at, problems: [...problems] })
    : invalid(problems);
};

/** With another version, or other parameters: planned anew, on the data and environments of today. */
async function rerunOther(
  {
    house,
    body,
    subject,
  }: Call<
    { run: number },
    unknown,
    {
      only: 'failed' | 'all';
      from?: string[] | undefined;
      version: 'same' | 'latest' | number;
      parameters?: Record<string, Json> | undefined;
      idempotencyKey?: string | undefined;
    }
  >,
  run: number,
): Promise<Launched | undefined> {
  const [old] = await house.db
    .select({ run: runs, version: pipelineVersions.number })
    .from(runs)
    .innerJoin(pipelineVersions, eq(pipelineVersions.id, runs.pipelineVersionId))
    .where(eq(runs.id, run));
  if (!old) return undefined;
  return launch(groundOf(house), {
    pipelineId: old.run.pipelineId,
    version: body.version === 'latest' ? undefined : body.version === 'same' ? old.version : body.version,
    parameters: { ...old.run.parameters, ...body.parameters },
    trigger: 'rerun',
    actor: subject.personId,
    mayUseSecrets: (projectId) => actionsIn(subject, projectId).has('secret.use'),
    idempotencyKey: body.idempotencyKey,
    reuse: body.from !== undefined || body.only === 'failed',
    scope: body.from ? { from: body.from } : undefined,
    priority: old.run.priority,
  });
}

async function summaryOf(house: House, run: number): Promise<RunSummary> {
  const summary = await getRunSummary(house.db, run);
  if (!summary) throw notThere();
  return (await named(house, [summary]))[0]!;
}

/** With the names of people in place of their ids. */
async function named({ db }: House, items: readonly RunSummary[]): Promise<RunSummary[]> {
  const name = await namesOf(
    db,
    items.flatMap((item) => [item.trigger.by, item.pin?.by ?? '']),
  );
  return items.map((item) => ({
    ...item,
    trigger: { ...item.trigger, by: name(item.trigger.by || null) },
    pin: item.pin && { ...item.pin, by: name(item.pin.by || null) },
  }));
}

function statusesIn<Known extends typeof RunStatus | typeof NodeRunStatus>(
  text: string,
  known: Known,
): z.infer<Known>[] {
  const read = z.array(known).safeParse(text.split(',').map((part) => part.trim()));
  if (read.success) return read.data;
  throw new Refusal(400, 'invalid_query', `A status is one of ${known.options.join(', ')}.`, { at: '/status' });
}

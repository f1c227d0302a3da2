/**
 * Decides how a saved pipeline becomes a run, whoever starts it: a person, a program, a schedule. Freezes the drawing, pins the files
 * it reads to their bytes of this moment, compiles, and records.
 */
import type { TriggerKind } from '@drawloom/shared/api/runs.ts';
import { type Json, pointer } from '@drawloom/shared/json.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { interfaceOf, misfit, partType } from '@drawloom/shared/pipeline/parts.ts';
import { type Scope, scoped } from '@drawloom/shared/pipeline/scope.ts';
import { secretsIn } from '@drawloom/shared/pipeline/secrets.ts';
import { upgradeDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { and, eq } from 'drizzle-orm';
import * as z from 'zod';
import { type FileOwner, pinFile } from '../artifacts/projectFiles.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Tx } from '../db/connection.ts';
import { pipelines, pipelineVersions } from '../db/tables/pipelines.ts';
import { projects } from '../db/tables/projects.ts';
import { runs } from '../db/tables/runs.ts';
import { fileParameters } from '../nodes/catalog.ts';
import { type BoundPipeline, bindDocument, compile } from '../plan/compile.ts';
import { freezeVersion, type VersionRow } from '../plan/freeze.ts';
import type { Plan, PlanChild } from '../plan/plan.ts';
import type { Bell } from '../queue/bell.ts';
import { approverProblems } from '../record/approvers.ts';
import { recordArtifact } from '../record/observations.ts';
import { poolProblems } from '../record/pools.ts';
import { type RunCause, type StartedRun, startRun } from '../record/runs.ts';
import { storePlan } from '../record/store-plan.ts';
import { tagProblems } from '../record/tags.ts';
import { secretMarks } from '../secrets/store.ts';

/** What of the house a launch needs. */
export interface Ground {
  db: Tx;
  catalog: Catalog;
  store: ArtifactStore;
  bell: Bell;
  home: string;
  /** Hash of the lock of a Python environment by its name; undefined when there is none. */
  environment: (name: string | undefined) => Promise<string | undefined>;
}

export interface LaunchRequest {
  pipelineId: string;
  /** A frozen version; without it the drawing as it is saved now. */
  version?: number | undefined;
  parameters: Record<string, Json>;
  /** Values of single nodes, beside those that are drawn. */
  given?: Record<NodeId, Record<string, Json>> | undefined;
  trigger: TriggerKind;
  cause?: RunCause | undefined;
  /** Id of the person, or null when nobody asked. */
  actor: string | null;
  /** Whether whoever starts it may have secrets handed to its nodes. */
  mayUseSecrets(projectId: string): Promise<boolean> | boolean;
  idempotencyKey?: string | undefined;
  reuse?: boolean;
  /** How long the run may take; without it the pipeline's own limit. */
  timeoutMs?: number | undefined;
  /** Higher goes first; without it a run of a backfill comes after people's own. */
  priority?: number | undefined;
  /** The part of the pipeline to do; without it all of it. */
  scope?: Scope | undefined;
}

/** Of the runs of a backfill. */
const backfillPriority = -10;

export type Launched = StartedRun | { problems: Problem[] };

/** Starts a run, or says why it cannot start. The same idempotency key again answers the run that it started before. */
export async function launch(ground: Ground, request: LaunchRequest): Promise<Launched> {
  const { db, bell } = ground;
  const { pipelineId, idempotencyKey } = request;
  if (idempotencyKey !== undefined) {
    const [before] = await db
      .select({ run: runs.id })
      .from(runs)
      .where(and(eq(runs.pipelineId, pipelineId), eq(runs.idempotencyKey, idempotencyKey)));
    if (before) return { run: before.run, existed: true };
  }
  const ready = await makeReady(ground, request, []);
  if ('problems' in ready) return ready;
  const { project, version, plan, parameters } = ready;
  const needs = needsOf(ready.document);
  if (needs) return { problems: needs };
  const started = await db.transaction(async (tx) => {
    const planId = await storePlan(tx, plan);
    const problems = [...(await poolProblems(tx, project.id, planId)), ...(await tagProblems(tx, planId))];
    if (problems.length > 0) return { problems };
    return startRun(tx, {
      project: project.id,
      pipeline: pipelineId,
      pipelineVersion: version.id,
      plan,
      parameters,
      trigger: request.trigger,
      ...(request.cause && { cause: request.cause }),
      actor: request.actor,
      priority: request.priority ?? (request.trigger === 'backfill' ? backfillPriority : 0),
      timeoutMs: request.timeoutMs ?? ready.document.settings?.timeoutMs ?? null,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(request.reuse !== undefined && { reuse: request.reuse }),
      scope: request.scope,
      anew: placesOf(plan, ready.anew),
    });
  });
  if ('problems' in started) return started;
  bell.ring('drawloom_ready');
  bell.ring('drawloom_event');
  return started;
}

/** What would be done, with nothing recorded: not even the drawing is frozen. */
export type Foreseen = Pick<Ready, 'project' | 'plan' | 'anew'> & { whole: PipelineDocument };

/** The plan that a launch would carry out, or why it would be refused. */
export async function foresee(
  ground: Ground,
  request: Omit<LaunchRequest, 'trigger' | 'actor'>,
): Promise<Foreseen | { problems: Problem[] }> {
  const ready = await makeReady(ground, { ...request, actor: null, onlyLook: true }, []);
  if ('problems' in ready) return ready;
  const problems = needsOf(ready.document) ?? [];
  if (problems.length > 0) return { problems };
  return ready;
}

interface Ready {
  project: typeof projects.$inferSelect;
  version: Drawn;
  /** All that is drawn, and the part of it that is done. */
  whole: PipelineDocument;
  document: PipelineDocument;
  plan: Plan;
  anew: ReadonlySet<NodeId>;
  parameters: Record<string, Json>;
}

type Drawn = Pick<VersionRow, 'id' | 'document'>;

type Wanted = Pick<
  LaunchRequest,
  'pipelineId' | 'version' | 'parameters' | 'given' | 'actor' | 'mayUseSecrets' | 'scope'
> & {
  /** Nothing is started: the drawing is taken as it stands, and not frozen. */
  onlyLook?: boolean;
};

const placesOf = (plan: Plan, nodes: ReadonlySet<NodeId>): number[] =>
  plan.nodes.flatMap(({ nodeId }, place) => (nodes.has(nodeId) ? [place] : []));

/** A pipeline that takes something from the one it is a part of cannot run by itself. */
function needsOf(document: PipelineDocument): Problem[] | null {
  const needs = interfaceOf(document).inputs.find((port) => !port.optional);
  return needs
    ? problem(
        'inputs_needed',
        `This pipeline needs "${needs.name}", which only another pipeline can give it. Use it there as a node, or let that input not be required.`,
        '/nodes',
      ).problems
    : null;
}

/** Everything that has to be known before a run starts, with the pipelines that this one uses. `above` are those on the way here. */
async function makeReady(
  ground: Ground,
  wanted: Wanted,
  above: readonly string[],
): Promise<Ready | { problems: Problem[] }> {
  const { db, catalog } = ground;
  const { pipelineId } = wanted;
  const [found] = await db
    .select({ trusted: pipelines.trusted, archivedAt: pipelines.archivedAt, project: projects })
    .from(pipelines)
    .innerJoin(projects, eq(projects.id, pipelines.projectId))
    .where(eq(pipelines.id, pipelineId));
  if (!found) return problem('pipeline_gone', 'There is no such pipeline any more.', '');
  const { project } = found;
  if (found.archivedAt) return problem('archived', 'This pipeline is put away. Bring it back, then run it.', '');
  if (!found.trusted)
    return problem(
      'untrusted',
      'This pipeline was imported, and nobody has accepted its code yet. Look at the code, accept it, then run it.',
      '',
    );
  const version = await versionOf(db, wanted);
  if (!version) return problem('no_version', `The pipeline has no version ${wanted.version}.`, '/version');
  const read = upgradeDocument(version.document as unknown as Json);
  if ('problems' in read) return read;
  const part = scoped(withGiven(read.document, wanted.given), wanted.scope ?? {}, '/scope');
  if ('problems' in part) return part;
  const { document, anew } = part;
  const bound = bindDocument(document, catalog, wanted.parameters);
  if ('problems' in bound) return bound;
  const unanswerable = await approverProblems(db, project.id, bound, wanted.actor);
  if (unanswerable.length > 0) return { problems: unanswerable };
  const outside = await pinFiles(ground, project, bound);
  if ('problems' in outside) return outside;
  const children = await readyParts(ground, project.id, bound, wanted, [...above, pipelineId]);
  if ('problems' in children) return children;
  const locks = await environmentLocks(ground, document);
  const secrets = await secretsFor(db, project.id, bound, wanted);
  if ('problems' in secrets) return secrets;
  const compiled = compile(bound, {
    environment: (name) => locks.get(name ?? ''),
    outside: outside.digests,
    secrets: secrets.marks,
    children: children.plans,
  });
  return 'problems' in compiled ? compiled : { project, version, whole: read.document, document, anew, ...compiled };
}

function withGiven(document: PipelineDocument, given: LaunchRequest['given'] = {}): PipelineDocument {
  const nodes = { ...document.nodes };
  for (const [id, parameters] of Object.entries(given)) {
    const node = nodes[id];
    if (node) nodes[id] = { ...node, parameters: { ...node.parameters, ...parameters } };
  }
  return { ...document, nodes };
}

const mostNested = 20;

/** The plans of the pipelines that nodes stand for. What is wrong with one is told at its node. */
async function readyParts(
  ground: Ground,
  projectId: string,
  { document, values }: BoundPipeline,
  { actor, mayUseSecrets, onlyLook }: Wanted,
  above: readonly string[],
): Promise<{ plans: Map<NodeId, Omit<PlanChild, 'node' | 'loop'>> } | { problems: Problem[] }> {
  const plans = new Map<NodeId, Omit<PlanChild, 'node' | 'loop'>>();
  const problems: Problem[] = [];
  for (const [id, node] of Object.entries(document.nodes)) {
    if (node.type !== partType) continue;
    const at = pointer('nodes', id, 'parameters', 'pipeline');
    const tell = (code: string, message: string) => problems.push({ code, message, at, severity: 'error', node: id });
    const given = values.get(id)! as { pipeline: string; version: number | null; parameters: Record<string, Json> };
    if (above.includes(given.pipeline)) {
      tell(
        'part_circle',
        `"${node.name}" runs the pipeline that it is a part of, without end. Choose another pipeline.`,
      );
      continue;
    }
    if (above.length >= mostNested) {
      tell(
        'part_deep',
        `"${node.name}" lies ${mostNested} pipelines deep, which is the most. Draw some of them into one.`,
      );
      continue;
    }
    const known = z.uuid().safeParse(given.pipeline).success
      ? await ground.db
          .select({ id: pipelines.id })
          .from(pipelines)
          .where(and(eq(pipelines.id, given.pipeline), eq(pipelines.projectId, projectId)))
      : [];
    if (known.length === 0) {
      tell('part_gone', `The pipeline that "${node.name}" runs is not in this project any more. Choose another one.`);
      continue;
    }
    const wanted = {
      pipelineId: given.pipeline,
      version: given.version ?? undefined,
      parameters: given.parameters,
      actor,
      mayUseSecrets,
      ...(onlyLook && { onlyLook }),
    };
    const part = await makeReady(ground, wanted, above);
    if ('problems' in part) {
      for (const one of part.problems) tell(one.code, `In the pipeline that "${node.name}" runs: ${one.message}`);
      continue;
    }
    const unfit = misfit(document, id, interfaceOf(part.document));
    if (unfit) problems.push(unfit);
    plans.set(id, {
      plan: part.plan,
      pipeline: given.pipeline,
      version: part.version.id,
      parameters: part.parameters,
      timeoutMs: part.document.settings?.timeoutMs ?? null,
    });
  }
  return problems.length > 0 ? { problems } : { plans };
}

const problem = (code: string, message: string, at: string): { problems: Problem[] } => ({
  problems: [{ code, message, at, severity: 'error' }],
});

async function versionOf(db: Tx, { pipelineId, version, actor, onlyLook }: Wanted): Promise<Drawn | null> {
  if (version === undefined && onlyLook) {
    const [drawing] = await db.select().from(pipelines).where(eq(pipelines.id, pipelineId));
    return drawing ? { id: drawing.id, document: drawing.document } : null;
  }
  if (version === undefined) return db.transaction((tx) => freezeVersion(tx, pipelineId, { author: actor }));
  const [row] = await db
    .select()
    .from(pipelineVersions)
    .where(and(eq(pipelineVersions.pipelineId, pipelineId), eq(pipelineVersions.number, version)));
  return row ?? null;
}

/** Digests of the files that nodes name, each file brought into the store once; a node that reads an old digest reads the old bytes. */
async function pinFiles(
  { db, catalog, store, home }: Ground,
  project: FileOwner,
  { document, values }: BoundPipeline,
): Promise<{ digests: Map<NodeId, string> } | { problems: Problem[] }> {
  const digests = new Map<NodeId, string>();
  const problems: Problem[] = [];
  for (const [id, node] of Object.entries(document.nodes)) {
    for (const parameter of fileParameters(catalog.get(node.type)!)) {
      const name = values.get(id)?.[parameter];
      if (typeof name !== 'string' || name === '') continue;
      const file = await pinFile(db, store, home, project, name);
      if (file) {
        await db.transaction((tx) =>
          recordArtifact(tx, project.id, { ...file, kind: 'file', mediaType: 'application/octet-stream' }),
        );
        digests.set(id, file.sha256);
      } else
        problems.push({
          code: 'file_missing',
          message: `"${node.name}" reads ${name}, which is neither uploaded nor in the data folder. Upload it, or choose another file.`,
          at: pointer('nodes', id, 'parameters', parameter),
          severity: 'error',
          node: id,
        });
    }
  }
  return problems.length > 0 ? { problems } : { digests };
}

/** The secrets that nodes may be given; a problem for each that whoever starts the run has no right to hand out. */
async function secretsFor(
  db: Tx,
  projectId: string,
  { document, values }: BoundPipeline,
  { mayUseSecrets }: Wanted,
): Promise<{ marks: ReadonlyMap<string, string> } | { problems: Problem[] }> {
  const wanted = [...values].flatMap(([id, parameters]) =>
    [...secretsIn(parameters)].map(({ name, path }) => ({ id, name, path })),
  );
  if (wanted.length === 0) return { marks: new Map() };
  if (await mayUseSecrets(projectId)) return { marks: await secretMarks(db, projectId) };
  return {
    problems: wanted.map(({ id, name, path }) => ({
      code: 'secret_not_allowed',
      message: `"${document.nodes[id]!.name}" is given the secret ${name}, and whoever starts this run may not use secrets (secret.use). Ask somebody who may.`,
      at: pointer('nodes', id, 'parameters', ...path),
      severity: 'error',
      node: id,
    })),
  };
}

async function environmentLocks({ environment }: Ground, { nodes }: PipelineDocument): Promise<Map<string, string>> {
  const names = new Set(Object.values(nodes).map((node) => node.environment));
  const locks = new Map<string, string>();
  for (const name of names) {
    const hash = await environment(name);
    if (hash !== undefined) locks.set(name ?? '', hash);
  }
  return locks;
}

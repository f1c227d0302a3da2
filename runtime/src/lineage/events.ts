/**
 * Decides what OpenLineage is told of a run and of a node's part in it. Metadata only ever adds up there, so the start tells what was
 * wanted, and the end what came of it.
 */
import type { Json } from '@drawloom/shared/json.ts';
import { version } from '../version.ts';
import { eventSchema, facets, producer } from './facets.ts';
import type { NodeFacts, RunFacts, UsedArtifact } from './facts.ts';
import { fileSet, namespaceOf, nodeJob, nodeRunUuid, outputSet, pipelineJob, runUuid } from './names.ts';

export type EventType = 'START' | 'RUNNING' | 'COMPLETE' | 'FAIL' | 'ABORT';
export interface OpenLineageEvent {
  [key: string]: Json;
  eventType: EventType;
  eventTime: string;
}

export interface TellOptions {
  /** Instead of the project's own. */
  namespace?: string | null | undefined;
  /** Where people reach the editor. */
  origin: string;
}

type DataSet = { [key: string]: Json };
const isEnd = (type: EventType) => type !== 'START' && type !== 'RUNNING';
const longestText = 100_000;
const clipped = (text: string) => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

export function runEvent(
  run: RunFacts,
  nodes: readonly NodeFacts[],
  { type, at }: { type: EventType; at: string },
  options: TellOptions,
): OpenLineageEvent {
  const namespace = options.namespace ?? namespaceOf(run.slug);
  const told = isEnd(type);
  const inputs = told ? nodes.flatMap((node) => fileSets(node, run, namespace, options)) : [];
  const outputs = told
    ? nodes.flatMap((node) =>
        outputSets(
          node.outputs.filter(({ port }) => node.loose.includes(port)),
          node,
          run,
          namespace,
          options,
        ),
      )
    : [];
  return {
    eventType: type,
    eventTime: iso(at),
    producer,
    schemaURL: `${eventSchema}#/$defs/RunEvent`,
    run: {
      runId: runUuid(run.project_id, run.run),
      facets: facets({
        parent: parentOf(run, namespace),
        nominalTime: nominalOf(run),
        processing_engine: { name: 'Drawloom', version },
        executionParameters: parametersTold(run.parameters),
        errorMessage:
          type === 'FAIL'
            ? { message: failureOf(run, nodes), programmingLanguage: languageOf(nodes.find(isFailed)) }
            : null,
        tags: tagged({
          run: run.run,
          pipelineVersion: run.version,
          trigger: run.trigger,
          replayOf: run.replay_of,
          endedBy: run.reason,
        }),
      }),
    },
    job: {
      namespace,
      name: pipelineJob(run.pipeline),
      facets: facets({ jobType: { processingType: 'BATCH', integration: 'DRAWLOOM', jobType: 'PIPELINE' } }),
    },
    inputs: once(inputs),
    outputs: once(outputs),
  };
}

export function nodeEvent(
  run: RunFacts,
  node: NodeFacts,
  { type, at }: { type: EventType; at: string },
  options: TellOptions,
): OpenLineageEvent {
  const namespace = options.namespace ?? namespaceOf(run.slug);
  const own = { namespace, name: nodeJob(run.pipeline, node.node_id) };
  const checks = checksOf(node, type);
  const isQuery = node.language === 'sql';
  return {
    eventType: type,
    eventTime: iso(at),
    producer,
    schemaURL: `${eventSchema}#/$defs/RunEvent`,
    run: {
      runId: nodeRunUuid(run.project_id, run.run, node.node),
      facets: facets({
        parent: {
          run: { runId: runUuid(run.project_id, run.run) },
          job: { namespace, name: pipelineJob(run.pipeline) },
          root: rootOf(run, namespace),
        },
        nominalTime: nominalOf(run),
        processing_engine: { name: 'Drawloom', version },
        executionParameters: parametersTold(node.parameters),
        jobDependencies: {
          upstream: node.upstream.map((one) => ({
            job: { namespace, name: nodeJob(run.pipeline, one.node_id) },
            run: { runId: nodeRunUuid(run.project_id, run.run, one.node) },
          })),
        },
        errorMessage:
          type === 'FAIL'
            ? {
                message: clipped(node.error?.message ?? node.reason ?? 'It failed.'),
                programmingLanguage: languageOf(node),
                ...(node.error?.traceback && { stackTrace: clipped(node.error.traceback) }),
              }
            : null,
        test: checks && { tests: checks.map(testOf) },
        tags: tagged({
          run: run.run,
          node: node.node_id,
          nodeName: node.name,
          nodeType: `${node.type} ${node.type_version}`,
          attempt: node.attempt,
          environment: node.environment,
          seed: node.seed,
          cacheKey: node.cache_key,
          reason: isEnd(type) && node.reason !== 'ok' ? node.reason : null,
          reusedFrom:
            node.reused_from &&
            nodeRunUuid(run.project_id, node.reused_from.run, node.reused_from.node, node.reused_from.map_index),
        }),
      }),
    },
    job: {
      ...own,
      facets: facets({
        jobType: { processingType: 'BATCH', integration: 'DRAWLOOM', jobType: 'NODE' },
        sourceCode:
          node.code && !isQuery ? { language: node.language ?? 'unknown', sourceCode: clipped(node.code) } : null,
        sql: node.code && isQuery ? { query: clipped(node.code), dialect: 'duckdb' } : null,
      }),
    },
    inputs: once([...fileSets(node, run, namespace, options), ...inputSets(node, run, namespace, options, checks)]),
    outputs: isEnd(type) ? once(outputSets(node.outputs, node, run, namespace, options)) : [],
  };
}

function inputSets(
  node: NodeFacts,
  run: RunFacts,
  namespace: string,
  options: TellOptions,
  checks: readonly Check[] | null,
): DataSet[] {
  return node.inputs.map((used) => {
    const name = used.from
      ? outputSet(run.pipeline, used.from.node, used.from.port)
      : outputSet(run.pipeline, node.node_id, used.port);
    return {
      namespace,
      name,
      facets: ofArtifact(used, run, options),
      inputFacets: facets({
        dataQualityMetrics: used.kind === 'table' ? { ...sizes(used), columnMetrics: {} } : null,
        dataQualityAssertions:
          checks && used.kind === 'table'
            ? {
                assertions: checks.map(({ what, holds, level }) => ({
                  assertion: what,
                  success: holds,
                  severity: level,
                })),
              }
            : null,
      }),
    };
  });
}

function outputSets(
  outputs: readonly UsedArtifact[],
  node: NodeFacts,
  run: RunFacts,
  namespace: string,
  options: TellOptions,
): DataSet[] {
  const byPort = Map.groupBy(outputs, ({ port }) => port);
  return [...byPort].map(([port, list]) => ({
    namespace,
    name: outputSet(run.pipeline, node.node_id, port),
    facets: ofArtifact(list[0]!, run, options),
    outputFacets: facets({
      outputStatistics: {
        size: list.reduce((sum, one) => sum + one.size_bytes, 0),
        fileCount: list.length,
        ...(list.every((one) => one.row_count !== null) && {
          rowCount: list.reduce((sum, one) => sum + one.row_count!, 0),
        }),
      },
    }),
  }));
}

/** The file of the data folder that a node read: where the house's own lineage begins. */
function fileSets(node: NodeFacts, run: RunFacts, namespace: string, options: TellOptions): DataSet[] {
  const { file } = node.parameters;
  if (node.outside === null || typeof file !== 'string') return [];
  return [
    {
      namespace,
      name: fileSet(file),
      facets: facets({
        version: { datasetVersion: node.outside },
        datasetType: { datasetType: 'FILE' },
        dataSource: sourceOf(run, options),
      }),
      inputFacets: {},
    },
  ];
}

const ofArtifact = (used: UsedArtifact, run: RunFacts, options: TellOptions) =>
  facets({
    version: { datasetVersion: used.sha256 },
    datasetType: { datasetType: used.kind.toUpperCase() },
    dataSource: sourceOf(run, options),
    schema: used.columns && {
      fields: used.columns.map(({ name, type }, index) => ({ name, type, ordinal_position: index + 1 })),
    },
  });

const sourceOf = (run: RunFacts, { origin }: TellOptions) => ({
  name: `Drawloom, ${run.slug}`,
  uri: `${origin}/p/${encodeURIComponent(run.slug)}`,
});

const sizes = ({ row_count, size_bytes }: UsedArtifact) => ({
  bytes: size_bytes,
  ...(row_count !== null && { rowCount: row_count }),
});

/** A data set that comes in by two ports is told once. */
function once(sets: readonly DataSet[]): DataSet[] {
  return [...new Map(sets.map((set) => [String(set.name), set])).values()];
}

const nominalOf = ({ nominal_at }: RunFacts) => (nominal_at === null ? null : { nominalStartTime: iso(nominal_at) });

function parentOf(run: RunFacts, namespace: string) {
  const { parent } = run;
  return (
    parent && {
      run: { runId: nodeRunUuid(run.project_id, parent.run, parent.node, parent.map_index) },
      job: { namespace, name: nodeJob(parent.pipeline, parent.node_id) },
      root: rootOf(run, namespace),
    }
  );
}
const rootOf = (run: RunFacts, namespace: string) => {
  const root = run.root ?? run;
  return {
    run: { runId: runUuid(run.project_id, root.run) },
    job: { namespace, name: pipelineJob(root.pipeline) },
  };
};

const tagged = (tags: Record<string, string | number | null>) => ({
  tags: Object.entries(tags).flatMap(([key, value]) =>
    value === null || value === '' ? [] : [{ key, value: String(value), source: 'DRAWLOOM' }],
  ),
});

/** Secrets stand among them by name alone; no value was ever in a plan. */
const parametersTold = (parameters: Record<string, Json>) => ({
  parameters: Object.entries(parameters).map(([key, value]) => ({
    key,
    value: clipped(typeof value === 'string' ? value : JSON.stringify(value)),
  })),
});

interface Check {
  what: string;
  holds: boolean;
  level: string;
}

/** What a node found out about the table that it checked; of one that failed by it, only the sentence is known. */
function checksOf(node: NodeFacts, type: EventType): Check[] | null {
  const told = node.outputs.map(({ facts }) => facts?.checks).find(Array.isArray);
  if (type === 'COMPLETE' && told)
    return told.flatMap((one) => {
      const { what, holds, level } = one as { [key: string]: Json };
      return typeof what === 'string' && typeof holds === 'boolean' ? [{ what, holds, level: severityOf(level) }] : [];
    });
  if (type === 'FAIL' && node.error?.type === 'CheckError')
    return [{ what: clipped(node.error.message), holds: false, level: 'error' }];
  return null;
}
const severityOf = (level: Json | undefined) => (level === 'warn' ? 'warn' : 'error');
const testOf = ({ what, holds, level }: Check) => ({
  name: what,
  status: holds ? 'pass' : 'fail',
  severity: level,
  type: 'check',
});

const isFailed = (node: NodeFacts) => node.status === 'failed';
function failureOf(run: RunFacts, nodes: readonly NodeFacts[]): string {
  const failed = nodes.find(isFailed);
  if (!failed) return run.reason ?? 'The run failed.';
  return clipped(`${failed.name}: ${failed.error?.message ?? failed.reason ?? 'failed'}`);
}
const languageOf = (node: NodeFacts | undefined) => node?.language?.toUpperCase() ?? 'UNKNOWN';

const iso = (at: string): string => new Date(at).toISOString();

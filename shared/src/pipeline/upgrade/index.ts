/** Decides how a stored or imported document of any version becomes one of today, or why it cannot. */
import { type Json, type JsonLimits, parseJson, pointer } from '../../json.ts';
import type { Problem } from '../../problem.ts';
import { PipelineDocument, schemaVersion } from '../document.ts';

/** One step per version: takes a document of version `from` and gives one of `from + 1`. Version 1 is the first. */
const steps: ReadonlyMap<number, (document: Record<string, Json>) => Record<string, Json>> = new Map();

export const documentLimits: JsonLimits = { maxLength: 5 * 2 ** 20, maxDepth: 64, maxValues: 1_000_000 };
export const pipelineLimits = { nodes: 20_000, edges: 60_000 };

export type Reading = { document: PipelineDocument } | { problems: Problem[] };

const problem = (code: string, message: string, at = ''): Reading => ({
  problems: [{ code, message, at, severity: 'error' }],
});

/** Reads a document from text, as import and file commands do. */
export function readDocument(text: string): Reading {
  const parsed = parseJson(text, documentLimits);
  return 'problem' in parsed ? { problems: [parsed.problem] } : upgradeDocument(parsed.value);
}

/** Reads a document from a JSON value of any known version. Nothing is dropped: what is not understood is told. */
export function upgradeDocument(value: Json): Reading {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem('document_shape', 'A pipeline is a JSON object with schemaVersion, name, nodes and edges.');
  const version = value.schemaVersion;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    return problem(
      'document_version',
      'A pipeline names its schemaVersion, a whole number from 1. Is this file a Drawloom pipeline?',
      '/schemaVersion',
    );
  if (version > schemaVersion)
    return problem(
      'document_newer',
      `This pipeline has schema version ${version}; this program reads up to ${schemaVersion}. Update Drawloom, or export the pipeline from an older one.`,
      '/schemaVersion',
    );
  let document = value;
  for (let from = version; from < schemaVersion; from++) document = steps.get(from)!(document);
  for (const [part, limit] of Object.entries(pipelineLimits)) {
    const count = Object.keys((document[part] as object | undefined) ?? {}).length;
    if (count > limit)
      return problem(
        'document_too_big',
        `The pipeline has ${count} ${part}; ${limit} are allowed. Split it into several pipelines.`,
        `/${part}`,
      );
  }
  const read = PipelineDocument.safeParse(document);
  if (read.success) return { document: read.data };
  return {
    problems: read.error.issues.slice(0, 50).map((issue) => ({
      code: 'document_invalid',
      message: issue.message,
      at: pointer(...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))),
      severity: 'error',
    })),
  };
}

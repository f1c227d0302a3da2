/** Decides what spans say of their traces, when nobody told of these as wholes: when each was, how it ended, what went in and came out. */
import { storedPairs } from './pairs.ts';
import type { SpannedTrace } from './records.ts';
import { type Attribute, keptSpan, plain, type ReadSpan, storable, textOf } from './span.ts';

const longestPreview = 1000;
const tagPrefix = 'mlflow.traceTag.';

/** The spans of one request, by trace. Refused as a whole when one of them is no span. */
export function spannedTraces(spans: Iterable<ReadSpan>): SpannedTrace[] {
  const traces = new Map<string, SpannedTrace>();
  for (const read of spans) {
    const kept = keptSpan(read);
    const startMs = Number(read.start / 1_000_000n);
    const endMs = Math.max(startMs, Number(read.end / 1_000_000n));
    let trace = traces.get(kept.trace);
    if (!trace) {
      trace = {
        uuid: kept.trace,
        spans: [],
        state: null,
        startMs,
        endMs,
        requestPreview: null,
        responsePreview: null,
        tags: {},
        metadata: {},
      };
      traces.set(kept.trace, trace);
    }
    trace.spans.push(kept);
    trace.startMs = Math.min(trace.startMs, startMs);
    trace.endMs = Math.max(trace.endMs, endMs);
    trace.metadata = { ...metadataOf(read.attributes), ...trace.metadata };
    if (kept.parentId !== null) continue;
    trace.state = kept.status === 'ERROR' ? 'ERROR' : read.end > 0n ? 'OK' : null;
    trace.requestPreview = preview(read.attributes, 'mlflow.spanInputs');
    trace.responsePreview = preview(read.attributes, 'mlflow.spanOutputs');
    trace.tags = storedPairs({ 'mlflow.traceName': kept.name, ...tagsOf(read.attributes) });
  }
  return [...traces.values()];
}

function preview(attributes: readonly Attribute[], key: string): string | null {
  const found = attributes.find((attribute) => attribute.key === key);
  if (!found) return null;
  const value = plain(found.value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return storable((text ?? '').slice(0, longestPreview));
}

const tagsOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(
    attributes
      .filter(({ key }) => key.startsWith(tagPrefix))
      .map(({ key }) => [key.slice(tagPrefix.length), textOf(attributes, key) ?? '']),
  );

/** Who asked, and in which conversation, by the names that OpenTelemetry has for them. */
function metadataOf(attributes: readonly Attribute[]): Record<string, string> {
  const said = {
    'mlflow.trace.session': textOf(attributes, 'session.id') ?? textOf(attributes, 'gen_ai.conversation.id'),
    'mlflow.trace.user': textOf(attributes, 'user.id'),
  };
  return storedPairs(Object.fromEntries(Object.entries(said).filter((pair): pair is [string, string] => !!pair[1])));
}

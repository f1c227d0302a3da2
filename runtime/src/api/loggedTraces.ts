/** The routes about traces that programs logged, as the editor asks for them. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { LoggedTrace } from '@drawloom/shared/api/loggedTraces.ts';
import { searchTraces } from '../tracking/search/traces.ts';
import { loadTraces, noTrace, type TraceInfo, traceNamed } from '../tracking/traces/records.ts';
import { treeOf } from '../tracking/traces/tree.ts';
import { checkedContent } from '../tracking/wire/traceForms.ts';
import { idsIn } from './experiments.ts';
import { inOurForm } from './trackedProblem.ts';
import { type Handler, handle } from './wire.ts';

const longestPreview = 1000;

export const loggedTraceHandlers: Handler[] = [
  handle(routes.searchLoggedTraces, async ({ house, project, body }) =>
    inOurForm(async () => {
      const { ids, next } = await searchTraces(house.sql, {
        experiments: await idsIn(house, project.id, [body.experiment]),
        filter: body.filter,
        orderBy: [],
        limit: body.limit,
        after: body.after,
      });
      return { traces: (await loadTraces(house.sql, ids)).map(shown), next: next ?? null };
    }),
  ),

  handle(routes.getLoggedTrace, async ({ house, project, params }) =>
    inOurForm(async () => {
      const [trace] = await loadTraces(house.sql, [await traceNamed(house.sql, project.id, params.trace)]);
      if (!trace) throw noTrace(params.trace);
      return { trace: shown(trace), ...(await treeOf(house.sql, trace.id)) };
    }),
  ),
];

const shown = (trace: TraceInfo): LoggedTrace => ({
  id: trace.uuid,
  experiment: trace.experiment,
  name: trace.tags['mlflow.traceName'] ?? '',
  state: trace.state,
  startMs: trace.atMs,
  tookMs: trace.durationMs,
  request: trace.requestPreview?.slice(0, longestPreview).toWellFormed() ?? null,
  response: trace.responsePreview?.slice(0, longestPreview).toWellFormed() ?? null,
  spans: trace.spanCount,
  tags: Object.fromEntries(Object.entries(trace.tags).filter(([key]) => !key.startsWith('mlflow.'))),
  assessments: trace.assessments
    .filter(({ valid }) => valid)
    .map(({ name, kind, content, sourceId }) => ({
      name,
      kind,
      value: checkedContent(kind, content as Parameters<typeof checkedContent>[1]),
      by: sourceId,
    })),
});

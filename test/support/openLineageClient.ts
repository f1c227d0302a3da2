/** Decides how tests hold events against OpenLineage's published schemas, and send events with its released client. */
import { type PythonClient, startPythonClient } from './pythonClient.ts';

export interface OpenLineageClient extends PythonClient {
  /** What the published schemas have against events, and how often each facet stands in them. */
  examine(events: readonly object[]): Promise<{ mistakes: string[]; facets: Record<string, number> }>;
}

export async function startOpenLineageClient(url = ''): Promise<OpenLineageClient> {
  const client = await startPythonClient('openlineage', { DRAWLOOM_TEST_URL: url });
  return {
    ...client,
    examine: async (events) =>
      (await client.call('', 'mistakes', { events })) as Awaited<ReturnType<OpenLineageClient['examine']>>,
  };
}

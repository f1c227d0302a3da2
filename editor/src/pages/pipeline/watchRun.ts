/** Keeps the cards told: reads a run once, follows its events, and reads it again when something finished that has more to tell. */
import type { Run } from '@drawloom/shared/api/runs.ts';
import { foldRun, type LiveRun } from '@drawloom/shared/run/events.ts';
import { isFinal, isRunFinal } from '@drawloom/shared/run/status.ts';
import { useEffect } from 'react';
import { call, routes } from '../../api/call.ts';
import { subscribe } from '../../api/subscribe.ts';
import { type CardFact, noFacts, useCardFacts } from '../../canvas/cardFacts.ts';
import type { Drawing } from '../../document/drawing.ts';

/** One stream for the page: edits that others saved, and the state of the run that is shown. */
export function useEvents(drawing: Drawing | null, run: number | null): void {
  useEffect(() => {
    if (!drawing) return;
    return subscribe(drawing.project, {}, (events) => {
      for (const event of events)
        if (event.kind === 'pipeline' && event.pipeline === drawing.id) drawing.heardOf(event.revision);
    });
  }, [drawing]);
  useEffect(() => {
    useCardFacts.setState(noFacts, true);
    if (!drawing || run === null) return;
    return watchRun(drawing.project, run);
  }, [drawing, run]);
}

function watchRun(project: string, run: number): () => void {
  let live: LiveRun | null = null;
  let stopped = false;
  let stop = () => {};
  let again: ReturnType<typeof setTimeout> | undefined;

  const read = async (): Promise<Run | null> => {
    try {
      const answer = await call(routes.getRun, { params: { run } });
      if (stopped) return null;
      live = liveOf(answer);
      useCardFacts.setState(factsOf(answer), true);
      return answer;
    } catch {
      return null; // the run's own page tells what is wrong with it
    }
  };
  const later = () => {
    clearTimeout(again);
    again = setTimeout(() => void read(), 350);
  };
  void read().then((answer) => {
    if (!answer || stopped || isRunFinal(answer.status)) return;
    stop = subscribe(project, { run, after: answer.lastEvent, onReset: later }, (events) => {
      let ended = false;
      for (const event of events) {
        if (!live) continue;
        const next = foldRun(live, event);
        if (next === live) continue;
        live = next;
        if (event.kind === 'run') ended ||= isRunFinal(event.status);
        if (event.kind === 'nodes') ended ||= event.changes.some((change) => isFinal(change.status));
      }
      if (!live) return;
      const { nodes: before } = useCardFacts.getState();
      const nodes: Record<string, CardFact> = { ...before };
      for (const [id, node] of Object.entries(live.nodes)) {
        const known = before[id];
        if (known?.status === node.status && known.startedAt === node.startedAt && known.finishedAt === node.finishedAt)
          continue;
        nodes[id] = {
          status: node.status,
          startedAt: node.startedAt,
          finishedAt: node.finishedAt,
          message: null,
          rowCount: null,
          reusedFrom: null,
        };
      }
      useCardFacts.setState({ status: live.status, nodes });
      if (ended) later();
    });
  });
  return () => {
    stopped = true;
    clearTimeout(again);
    stop();
  };
}

const liveOf = (run: Run): LiveRun => ({
  run: run.id,
  status: run.status,
  nodes: Object.fromEntries(
    run.nodes
      .filter((node) => node.mapIndex === 0)
      .map(({ node, status, attempts, reason, startedAt, finishedAt }) => [
        node,
        { status, attempt: attempts, reason, startedAt, finishedAt },
      ]),
  ),
});

function factsOf(run: Run): ReturnType<typeof useCardFacts.getState> {
  const nodes: Record<string, CardFact> = {};
  const rows: Record<string, number> = {};
  const tables: Record<string, string> = {};
  for (const one of run.nodes) {
    if (one.mapIndex !== 0) continue;
    const table = one.outputs.find((output) => output.rowCount !== null);
    nodes[one.node] = {
      status: one.status,
      startedAt: one.startedAt,
      finishedAt: one.finishedAt,
      message: one.message,
      rowCount: table?.rowCount ?? null,
      reusedFrom: one.reusedFrom,
    };
    for (const output of one.outputs) {
      if (output.rowCount !== null) rows[`${one.node}.${output.port}`] = output.rowCount;
      if (output.kind === 'table') tables[`${one.node}.${output.port}`] = output.sha256;
    }
  }
  return { run: run.id, status: run.status, nodes, rows, tables };
}

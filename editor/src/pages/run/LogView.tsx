/** The log of one attempt: read by ranges as it grows, searched by the server. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { addressOf, call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { t } from '../../words/index.ts';
import { LogPane } from './LogPane.tsx';
import { LineStore } from './logLines.ts';

const rangeBytes = 2 ** 20;

export function LogView(props: {
  run: number;
  node: string;
  /** Of a node that runs once per item: which; 0 for the node itself. */
  item: number;
  attempt: number;
  /** Bytes the log is said to have; a larger number than what was read asks for more. */
  grown: number;
  live: boolean;
  failed: boolean;
}) {
  const { run, node, item, attempt } = props;
  const { store, count, complete, problem } = useLog(run, node, item, attempt, props.grown, props.live);
  const search = async (text: string) => {
    const found = await call(routes.searchLog, {
      params: { run, node },
      query: { mapIndex: item, attempt, text, limit: 5000 },
    }).catch(() => null);
    return found && { count: found.count, lines: found.hits.map((hit) => hit.line - 1) };
  };
  const address = addressOf(routes.getLog, {
    params: { run, node },
    query: { mapIndex: item, attempt, whole: 'true' },
  });
  return (
    <LogPane
      label={t('Log of attempt {n}', { n: attempt })}
      count={count}
      lineAt={(index) => store.lines[index] ?? ''}
      complete={complete}
      problem={problem}
      live={props.live}
      failed={props.failed}
      search={search}
      tools={
        <LinkButton
          small
          tone="quiet"
          icon="download"
          href={address}
          download={`${node}-${attempt}.log`}
          routerOptions={undefined as never}
        >
          {t('Download')}
        </LinkButton>
      }
    />
  );
}

/** Reads from where it stopped until the end, again whenever the log is said to have grown. */
function useLog(run: number, node: string, item: number, attempt: number, grown: number, live: boolean) {
  const log = useMemo(
    () => ({
      of: `${run} ${node} ${item} ${attempt}`,
      store: new LineStore(),
      offset: 0,
      reading: false,
      again: false,
    }),
    [run, node, item, attempt],
  );
  const [state, setState] = useState({ count: 0, complete: false, problem: null as ProblemError | null });
  const read = useCallback(async () => {
    if (log.reading) {
      log.again = true;
      return;
    }
    log.reading = true;
    try {
      for (;;) {
        const answer = await call(routes.getLog, {
          params: { run, node },
          query: { mapIndex: item, attempt, from: log.offset, limit: rangeBytes },
        });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const size = Number(answer.headers.get('Log-Size') ?? log.offset + bytes.length);
        log.store.add(bytes);
        // what was left out of a very long log is passed over
        log.offset = Number(answer.headers.get('Log-Next') ?? log.offset + bytes.length);
        const complete = bytes.length === 0 || log.offset >= size;
        setState({ count: log.store.lines.length, complete, problem: null });
        if (!complete) continue;
        if (!log.again) break;
        log.again = false;
      }
    } catch (error) {
      setState((before) => ({ ...before, complete: true, problem: problemOf(error) }));
    } finally {
      log.reading = false;
    }
  }, [log, run, node, item, attempt]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `grown` and the end of the attempt are what ask for more
  useEffect(() => void read(), [read, grown, live]);
  return { store: log.store, ...state };
}

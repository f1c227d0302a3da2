/** All that a run printed, in the order of time, each line with the node it comes from; a line that is pressed chooses its node. */
import type { LogPart } from '@drawloom/shared/api/logs.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { plainText } from '@drawloom/shared/run/plainText.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount } from '../../ui/format.ts';
import { Notice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { LogPane } from './LogPane.tsx';
import { RunLines } from './runLines.ts';

/** More lines are read only for whoever asks for them. */
const atOnce = 300_000;

export function RunLog(props: {
  run: Run;
  logSizes: Readonly<Record<string, number>>;
  selected: string | undefined;
  onSelect: (node: string) => void;
}) {
  const { run } = props;
  const over = isRunFinal(run.status);
  const [most, setMost] = useState(atOnce);
  const { lines, count, complete, cut, problem } = useRunLog(run.id, props.logSizes, over, most);
  const names = useMemo(() => new Map(run.nodes.map(({ node, name }) => [node, name])), [run.nodes]);
  const sourceOf = (index: number) => {
    const { node, mapIndex } = lines.sourceOf(index);
    const name = names.get(node) ?? node;
    return { node, text: mapIndex === 0 ? name : t('{name}, item {n}', { name, n: mapIndex }) };
  };
  const search = async (text: string) => {
    const wanted = text.toLowerCase();
    const found: number[] = [];
    for (let index = 0; index < lines.count; index++)
      if (plainText(lines.textOf(index)).toLowerCase().includes(wanted)) found.push(index);
    return { count: found.length, lines: found };
  };
  return (
    <LogPane
      label={t('Log of run {n}', { n: run.id })}
      count={count}
      lineAt={(index) => lines.textOf(index)}
      complete={complete}
      problem={problem}
      live={!over}
      failed={run.status === 'failed'}
      search={search}
      sourceOf={sourceOf}
      selected={props.selected}
      onSelect={props.onSelect}
      notice={
        cut && (
          <Notice
            role="status"
            actions={
              <Button small onPress={() => setMost(most + atOnce)}>
                {t('Read on')}
              </Button>
            }
          >
            {t('These are the first {n} lines; there are more.', { n: formatCount(count) })}
          </Notice>
        )
      }
    />
  );
}

/** What was kept within the last second is not told yet, while a run goes on. */
const settleMs = 1200;

function useRunLog(run: number, logSizes: object, over: boolean, most: number) {
  const log = useMemo(
    () => ({ run, lines: new RunLines(), after: undefined as string | undefined, reading: false }),
    [run],
  );
  const [state, setState] = useState({ count: 0, complete: false, cut: false, problem: null as ProblemError | null });
  const again = useRef(false);
  const read = useCallback(async () => {
    again.current = true;
    if (log.reading) return;
    log.reading = true;
    try {
      while (again.current) {
        again.current = false;
        for (let more = true; more && log.lines.count < most; ) {
          const answer = await call(routes.getRunLog, {
            params: { run: log.run },
            query: log.after === undefined ? {} : { after: log.after },
          });
          for (const part of answer.parts) log.lines.add(part satisfies LogPart);
          log.after = answer.next ?? undefined;
          more = answer.more;
          const cut = more && log.lines.count >= most;
          setState({ count: log.lines.count, complete: !more || cut, cut, problem: null });
        }
      }
    } catch (error) {
      setState((before) => ({ ...before, complete: true, problem: problemOf(error) }));
    } finally {
      log.reading = false;
    }
  }, [log, most]);
  useEffect(() => void read(), [read]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const seen = useRef({ logSizes, over });
  useEffect(() => {
    if (seen.current.logSizes === logSizes && seen.current.over === over) return;
    seen.current = { logSizes, over };
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void read(), over ? 0 : settleMs);
  }, [logSizes, over, read]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { lines: log.lines, ...state };
}

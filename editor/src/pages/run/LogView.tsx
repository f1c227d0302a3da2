/**
 * A log of any length: read by ranges as it grows, only the lines in view are in the page. `/` searches all of it on the
 * server; scrolling up stops following, and what came since is counted.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { addressOf, call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { Button, IconButton, LinkButton } from '../../ui/Button.tsx';
import { SearchField } from '../../ui/fields.tsx';
import { formatCount } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './LogView.module.css';
import { LineStore, plain, spansOf } from './logLines.ts';

const lineHeight = 18;
const rangeBytes = 2 ** 20;

interface Hits {
  text: string;
  count: number;
  lines: number[];
  at: number;
}

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
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [following, setFollowing] = useState(true);
  const [seen, setSeen] = useState(0);
  const [hits, setHits] = useState<Hits | null>(null);
  const [text, setText] = useState('');
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  useEffect(() => {
    if (!following || count === 0) return;
    rows.scrollToIndex(count - 1, { align: 'end' });
    setSeen(count);
  }, [count, following, rows]);
  useOpenAtFirstError(props.failed && complete, store, (line) => {
    setFollowing(false);
    rows.scrollToIndex(line, { align: 'center' });
  });

  const search = async (wanted: string) => {
    if (wanted === '') return setHits(null);
    if (hits?.text === wanted) return jump(1);
    const found = await call(routes.searchLog, {
      params: { run, node },
      query: { mapIndex: item, attempt, text: wanted, limit: 5000 },
    }).catch(() => null);
    if (!found) return;
    const lines = found.hits.map((hit) => hit.line - 1);
    setHits({ text: wanted, count: found.count, lines, at: 0 });
    if (lines[0] !== undefined) show(lines[0]);
  };
  const show = (line: number) => {
    setFollowing(false);
    rows.scrollToIndex(line, { align: 'center' });
  };
  const jump = (by: 1 | -1) => {
    if (!hits || hits.lines.length === 0) return;
    const at = (hits.at + by + hits.lines.length) % hits.lines.length;
    setHits({ ...hits, at });
    show(hits.lines[at]!);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === '/' && event.target !== field.current) {
      event.preventDefault();
      field.current?.focus();
    }
  };
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - lineHeight * 2;
    if (!atEnd && following && seen > 0) setFollowing(false);
    if (atEnd && !following) setFollowing(true);
  };
  const current = hits?.lines[hits.at];
  const address = addressOf(routes.getLog, {
    params: { run, node },
    query: { mapIndex: item, attempt, limit: 4 * 2 ** 20 },
  });

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key for the search, from wherever in the log the focus is
    <div className={styles.log} onKeyDown={press}>
      <div className={styles.tools}>
        <SearchField
          label={t('Search this log')}
          placeholder={t('Search ( / )')}
          value={text}
          onChange={(next) => {
            setText(next);
            if (next === '') setHits(null);
          }}
          onSubmit={(wanted) => void search(wanted)}
          inputRef={field}
          data-testid="log-search"
        />
        {hits && (
          <span className={styles.hits} role="status">
            {hits.count === 0
              ? t('Not found')
              : t('{at} of {n}', { at: formatCount(hits.at + 1), n: formatCount(hits.count) })}
          </span>
        )}
        {hits && hits.count > 0 && (
          <>
            <IconButton icon="chevron-up" label={t('Previous hit')} small onPress={() => jump(-1)} />
            <IconButton icon="chevron-down" label={t('Next hit')} small onPress={() => jump(1)} />
          </>
        )}
        <span className={styles.count}>{t('{n, plural, =0 {} one {# line} other {# lines}}', { n: count })}</span>
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
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <div
        ref={box}
        className={styles.lines}
        onScroll={scrolled}
        role="log"
        aria-live="off"
        aria-label={t('Log of attempt {n}', { n: attempt })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        data-testid="log"
        onCopy={(event) => {
          const selected = document.getSelection()?.toString();
          if (!selected) return;
          event.preventDefault();
          event.clipboardData.setData('text/plain', plain(selected));
        }}
      >
        {count === 0 && complete && (
          <p className={styles.empty}>
            {props.live ? t('Nothing has been printed yet.') : t('This attempt printed nothing.')}
          </p>
        )}
        <div style={{ height: rows.getTotalSize(), position: 'relative', minWidth: '100%', width: 'max-content' }}>
          {rows.getVirtualItems().map((item) => (
            <div
              key={item.index}
              className={styles.line}
              data-current={item.index === current ? '' : undefined}
              style={{ transform: `translateY(${item.start}px)`, height: lineHeight }}
            >
              <span className={styles.number} aria-hidden="true">
                {item.index + 1}
              </span>
              <Line text={store.lines[item.index] ?? ''} />
            </div>
          ))}
        </div>
      </div>
      {!following && count > seen && (
        <div className={styles.newer}>
          <Button small tone="primary" icon="down" onPress={() => setFollowing(true)}>
            {t('{n, plural, one {# new line} other {# new lines}}', { n: count - seen })}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Longer lines are cut on screen, not in the download. */
const longest = 5000;

function Line({ text }: { text: string }) {
  const spans = useMemo(() => spansOf(text.length > longest ? `${text.slice(0, longest)}…` : text), [text]);
  return (
    <span>
      {spans.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: spans of a line never change places
        <span key={index} className={span.className} style={span.style}>
          {span.text}
        </span>
      ))}
    </span>
  );
}

const looksLikeError = /(^|\W)(Traceback|[A-Za-z]*Error|Exception|FATAL|CRITICAL|ERROR)(\W|$)/;

function useOpenAtFirstError(when: boolean, store: LineStore, show: (line: number) => void): void {
  const done = useRef(false);
  useEffect(() => {
    if (!when || done.current) return;
    done.current = true;
    const line = store.lines.findIndex((one) => looksLikeError.test(plain(one)));
    if (line >= 0) requestAnimationFrame(() => show(line));
  });
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
        log.offset += bytes.length;
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

/**
 * Lines of any number: only those in view are in the page. `/` searches all of them, Enter and Shift+Enter go from hit to hit;
 * scrolling up stops following, and what came since is counted. Where the lines come from is for others to know.
 */
import { plainText } from '@drawloom/shared/run/plainText.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type { ProblemError } from '../../api/call.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { SearchField } from '../../ui/fields.tsx';
import { formatCount } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import styles from './LogPane.module.css';
import { spansOf } from './logLines.ts';

const lineHeight = 18;

/** Where a line of a run's whole log comes from. */
export interface LineSource {
  node: string;
  text: string;
}

interface Hits {
  text: string;
  count: number;
  lines: readonly number[];
  at: number;
}

export function LogPane(props: {
  label: string;
  count: number;
  lineAt: (index: number) => string;
  /** All there is has been read. */
  complete: boolean;
  problem: ProblemError | null;
  live: boolean;
  failed: boolean;
  /** The lines that hold a text, of how many; the first are enough. Null: it could not be asked. */
  search: (text: string) => Promise<{ count: number; lines: readonly number[] } | null>;
  tools?: ReactNode;
  notice?: ReactNode;
  sourceOf?: (index: number) => LineSource;
  /** The node whose lines stand out, and what a press on another's line chooses. */
  selected?: string | undefined;
  onSelect?: (node: string) => void;
}) {
  const { count, lineAt, sourceOf } = props;
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
  const show = (line: number) => {
    setFollowing(false);
    rows.scrollToIndex(line, { align: 'center' });
  };
  useOpenAtFirstError(props.failed && props.complete, props, show);
  useFollowSelection(props, rows.range, show);

  const search = async (wanted: string, by: 1 | -1) => {
    if (wanted === '') return setHits(null);
    if (hits?.text === wanted) return jump(by);
    const found = await props.search(wanted);
    if (!found) return;
    setHits({ text: wanted, ...found, at: 0 });
    if (found.lines[0] !== undefined) show(found.lines[0]);
  };
  const jump = (by: 1 | -1) => {
    if (!hits || hits.lines.length === 0) return;
    const at = (hits.at + by + hits.lines.length) % hits.lines.length;
    setHits({ ...hits, at });
    show(hits.lines[at]!);
  };
  const press = (event: KeyboardEvent) => {
    const inField = event.target === field.current;
    if (event.key === '/' && !inField) {
      event.preventDefault();
      event.stopPropagation();
      field.current?.focus();
    } else if (event.key === 'Enter' && inField) {
      event.preventDefault();
      event.stopPropagation();
      void search(text, event.shiftKey ? -1 : 1);
    }
  };
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - lineHeight * 2;
    if (!atEnd && following && seen > 0) setFollowing(false);
    if (atEnd && !following) setFollowing(true);
  };
  const copyAll = async () => {
    const lines = Array.from({ length: count }, (_, index) => plainText(lineAt(index)));
    await navigator.clipboard.writeText(lines.join('\n')).then(
      () => toast(t('{n, plural, one {Copied # line.} other {Copied # lines.}}', { n: count })),
      () => toast(t('The browser does not let this page copy. Download the log instead.'), 'failed'),
    );
  };
  const current = hits?.lines[hits.at];
  const items = rows.getVirtualItems();

  return (
    <div className={styles.log} onKeyDownCapture={press}>
      <div className={styles.tools}>
        <SearchField
          label={t('Search this log')}
          placeholder={t('Search ( / )')}
          value={text}
          onChange={(next) => {
            setText(next);
            if (next === '') setHits(null);
          }}
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
        {count > 0 && <IconButton small icon="copy" label={t('Copy all lines')} onPress={() => void copyAll()} />}
        {props.tools}
      </div>
      {props.problem && <ProblemNotice problem={props.problem} />}
      {props.notice}
      <div
        ref={box}
        className={styles.lines}
        onScroll={scrolled}
        role="log"
        aria-live="off"
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        data-testid="log"
        onCopy={(event) => {
          const selected = document.getSelection()?.toString();
          if (!selected) return;
          event.preventDefault();
          event.clipboardData.setData('text/plain', selected.split('\n').map(plainText).join('\n'));
        }}
      >
        {count === 0 && props.complete && (
          <p className={styles.empty}>{props.live ? t('Nothing has been printed yet.') : t('Nothing was printed.')}</p>
        )}
        <div style={{ height: rows.getTotalSize(), position: 'relative', minWidth: '100%', width: 'max-content' }}>
          {items.map((item) => {
            const source = sourceOf?.(item.index);
            const { onSelect } = props;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the name at its start is a button
              <div
                key={item.index}
                className={styles.line}
                data-current={item.index === current ? '' : undefined}
                data-selected={source && source.node === props.selected ? '' : undefined}
                data-node={source?.node}
                style={{ transform: `translateY(${item.start}px)`, height: lineHeight }}
                onClick={
                  source && onSelect && (() => document.getSelection()?.isCollapsed !== false && onSelect(source.node))
                }
              >
                <span className={styles.number} aria-hidden="true">
                  {item.index + 1}
                </span>
                {source && (
                  <button
                    type="button"
                    className={styles.source}
                    // one stop for Tab for each stretch of lines of one node
                    tabIndex={sourceOf?.(item.index - 1)?.text === source.text ? -1 : 0}
                    title={source.text}
                    onClick={(event) => {
                      event.stopPropagation();
                      onSelect?.(source.node);
                    }}
                  >
                    {source.text}
                  </button>
                )}
                <Line text={lineAt(item.index)} />
              </div>
            );
          })}
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

function useOpenAtFirstError(
  when: boolean,
  { count, lineAt }: { count: number; lineAt: (index: number) => string },
  show: (line: number) => void,
): void {
  const done = useRef(false);
  useEffect(() => {
    if (!when || done.current) return;
    done.current = true;
    for (let line = 0; line < count; line++)
      if (looksLikeError.test(plainText(lineAt(line)))) {
        requestAnimationFrame(() => show(line));
        return;
      }
  });
}

/** A node that is chosen elsewhere: its first line comes into view, unless one of its lines is there already. */
function useFollowSelection(
  {
    count,
    selected,
    sourceOf,
  }: { count: number; selected?: string | undefined; sourceOf?: (index: number) => LineSource },
  range: { startIndex: number; endIndex: number } | null,
  show: (line: number) => void,
): void {
  const last = useRef(selected);
  useEffect(() => {
    if (!sourceOf || selected === last.current) return;
    last.current = selected;
    if (selected === undefined) return;
    const firstFrom = (from: number, to: number) => {
      for (let line = from; line < to; line++) if (sourceOf(line).node === selected) return line;
      return -1;
    };
    if (range && firstFrom(range.startIndex, Math.min(count, range.endIndex + 1)) >= 0) return;
    const line = firstFrom(0, count);
    if (line >= 0) show(line);
  });
}

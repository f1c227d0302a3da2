/**
 * Chooses the other end of a wire, or the node to wait for, from a list: those that fit first, then the others with the reason why they
 * do not. A few letters narrow it.
 */
import { judgeEdge } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId, type NodeId } from '@drawloom/shared/pipeline/document.ts';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { wait } from '../../../canvas/edits.ts';
import { draw, edgeOf, rankOf, wireFrom } from '../../../canvas/wires.ts';
import { mayWait, refusal } from '../../../document/connect.ts';
import { useDrawingObject } from '../../../document/DrawingContext.tsx';
import type { Drawing } from '../../../document/drawing.ts';
import { PortShape } from '../../../palette/PortShape.tsx';
import { Select } from '../../../ui/fields.tsx';
import { Icon } from '../../../ui/Icon.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { SearchField } from '../../../ui/textFields.tsx';
import { t } from '../../../words/index.ts';
import styles from './Outline.module.css';
import { keyOf } from './rows.ts';

export type Connecting =
  | { is: 'wait'; node: NodeId }
  /** `port` is null where one of the node's ports is still to be chosen. */
  | { is: 'wire'; node: NodeId; end: 'from' | 'to' | null; port: string | null };

interface Choice {
  id: string;
  text: string;
  kind: Parameters<typeof PortShape>[0]['kind'] | null;
  rank: number;
  /** Why it may not be; null when it may. Asked only for what is shown. */
  why: () => string | null;
  fits: boolean;
  take: () => boolean;
  /** The row that shows it once it is there. */
  key: string;
}
const most = 100;

export function ConnectDialog(props: {
  connecting: Connecting;
  order: readonly NodeId[];
  /** With the row that was made, or null. */
  onClose: (key: string | null) => void;
  onOpen: (node: NodeId) => void;
}) {
  const { connecting, order } = props;
  const drawing = useDrawingObject();
  const starts = useMemo(() => startsOf(drawing, connecting), [drawing, connecting]);
  const [start, setStart] = useState(starts[0]?.id ?? '');
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const from = starts.find((one) => one.id === start);
  const all = useMemo(() => {
    const found =
      connecting.is === 'wait'
        ? waitChoices(drawing, connecting.node, order)
        : from
          ? wireChoices(drawing, connecting.node, from.end, from.port, order)
          : [];
    return found.sort((a, b) => Number(b.fits) - Number(a.fits) || a.rank - b.rank);
  }, [drawing, connecting, from, order]);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((one) => words.every((word) => one.text.toLowerCase().includes(word)));
  const shown = found.slice(0, most);

  const take = (choice: Choice | undefined) => {
    if (!choice?.fits || !choice.take()) return;
    props.onOpen(connecting.node);
    props.onClose(choice.key);
  };
  const press = (event: KeyboardEvent) => {
    const move = (to: number) => {
      setAt(to);
      list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
    };
    if (event.key === 'ArrowDown') move(Math.min(shown.length - 1, at + 1));
    else if (event.key === 'ArrowUp') move(Math.max(0, at - 1));
    else if (event.key === 'Enter') take(shown[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const name = drawing.document.nodes[connecting.node]?.name ?? connecting.node;
  const title =
    connecting.is === 'wait'
      ? t('What “{name}” waits for', { name })
      : connecting.port
        ? t('Connect {port} of {node}', { port: connecting.port, node: name })
        : t('Connect “{name}”', { name });
  return (
    <Dialog title={title} onClose={() => props.onClose(null)}>
      {connecting.is === 'wire' && connecting.port === null && starts.length > 1 && (
        <Select
          label={t('Port')}
          options={starts.map(({ id, text }) => ({ id, text }))}
          value={start}
          onChange={(id) => {
            setStart(id);
            setAt(0);
          }}
        />
      )}
      <div onKeyDownCapture={press} role="presentation">
        <SearchField
          label={connecting.is === 'wait' ? t('Find a node') : t('Find a port')}
          value={query}
          onChange={(value) => {
            setQuery(value);
            setAt(0);
          }}
          autoFocus
          data-testid="connect-search"
        />
        <div
          ref={list}
          className={styles.found}
          role="listbox"
          aria-label={connecting.is === 'wait' ? t('Nodes') : t('Ports')}
          tabIndex={-1}
          data-testid="connect-list"
        >
          {shown.map((one, index) => (
            <Choices key={one.id} choice={one} current={index === at} onTake={() => take(one)} />
          ))}
          {found.length > most && (
            <p className={styles.more}>
              {t('{n} more. Type a few letters of what you look for.', { n: found.length - most })}
            </p>
          )}
          {found.length === 0 && <p className={styles.more}>{t('Nothing fits.')}</p>}
        </div>
        {/* the list is walked from the field: what the letters and arrows have come to is said */}
        <div className="visually-hidden" role="status">
          {shown[at] && (shown[at].fits ? shown[at].text : `${shown[at].text}. ${shown[at].why() ?? ''}`)}
        </div>
      </div>
    </Dialog>
  );
}

function Choices({ choice, current, onTake }: { choice: Choice; current: boolean; onTake: () => void }) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the keys
    <div
      role="option"
      tabIndex={-1}
      aria-selected={current}
      aria-disabled={!choice.fits}
      className={styles.end}
      onClick={onTake}
    >
      {choice.kind ? <PortShape kind={choice.kind} filled={choice.fits} /> : <Icon name="hourglass" size={14} />}
      <span>
        {choice.text}
        {!choice.fits && <span className={styles.why}>{choice.why()}</span>}
      </span>
    </div>
  );
}

/** The ports of the node that a wire may begin at: the one that was chosen, or any of them, outputs first. */
function startsOf(drawing: Drawing, connecting: Connecting) {
  if (connecting.is === 'wait') return [];
  const shape = drawing.shapes.get(connecting.node);
  const all = [
    ...(shape?.outputs ?? []).map((port) => ({ end: 'from' as const, port })),
    ...(shape?.inputs ?? []).map((port) => ({ end: 'to' as const, port })),
  ].map(({ end, port }) => ({
    id: `${end} ${port.name}`,
    end,
    port: port.name,
    text:
      end === 'from'
        ? t('Output {port}', { port: port.label ?? port.name })
        : t('Input {port}', { port: port.label ?? port.name }),
  }));
  return connecting.port === null
    ? all
    : all.filter(({ end, port }) => end === connecting.end && port === connecting.port);
}

function wireChoices(
  drawing: Drawing,
  node: NodeId,
  end: 'from' | 'to',
  port: string,
  order: readonly NodeId[],
): Choice[] {
  const { document, shapes } = drawing;
  const wire = wireFrom(drawing, node, port, end);
  if (!wire) return [];
  return order.flatMap((other) =>
    other === node
      ? []
      : ((end === 'from' ? shapes.get(other)?.inputs : shapes.get(other)?.outputs) ?? []).map((one): Choice => {
          const edge = edgeOf(wire, { node: other, port: one.name });
          const there = document.edges[edgeId(edge)] !== undefined;
          const rank = rankOf(drawing, wire, one, other);
          return {
            id: `${other}.${one.name}`,
            text: t('{node} · {port}', { node: document.nodes[other]?.name ?? other, port: one.label ?? one.name }),
            kind: one.kind,
            rank: rank ?? 0,
            // whether it would close a circle is known of all nodes at once
            fits: !there && rank !== null && !wire.forbidden.has(other) && judgeEdge(document, shapes, edge) === null,
            why: () => (there ? t('Connected already.') : (refusal(document, shapes, edge)?.message ?? null)),
            take: () => draw(drawing, edge),
            key: keyOf.wire(node, edgeId(edge)),
          };
        }),
  );
}

function waitChoices(drawing: Drawing, node: NodeId, order: readonly NodeId[]): Choice[] {
  const judge = mayWait(drawing.document, node);
  return order
    .filter((before) => before !== node)
    .map((before): Choice => {
      const why = judge(before);
      return {
        id: before,
        text: drawing.document.nodes[before]?.name ?? before,
        kind: null,
        rank: 0,
        fits: why === null,
        why: () => why,
        take: () => wait(drawing, node, before, true),
        key: keyOf.wait(node, before),
      };
    });
}

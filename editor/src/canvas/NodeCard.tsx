/** A node as a card: what it is, the parameter that matters, its ports, and a receipt of its last run. It reads its own slices. */
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { mayFlow, nameOfKind } from '@drawloom/shared/node-type/ports.ts';
import { isReference, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo, useEffect, useRef } from 'react';
import { go } from '../app/go.ts';
import { places } from '../app/places.ts';
import { useDrawing, useDrawingObject } from '../document/DrawingContext.tsx';
import { iconOf } from '../palette/icons.ts';
import { PortShape } from '../palette/PortShape.tsx';
import { formatCompact, formatDuration } from '../ui/format.ts';
import { Icon } from '../ui/Icon.tsx';
import { StatusMark, StatusRail } from '../ui/StatusMark.tsx';
import { Elapsed } from '../ui/Time.tsx';
import { t } from '../words/index.ts';
import { told as saidOf } from '../words/told.ts';
import { type CardFact, useCardFact, useCardStatus } from './cardFacts.ts';
import { rename } from './edits.ts';
import type { CardNode } from './flowNodes.ts';
import type { CardPort } from './geometry.ts';
import styles from './NodeCard.module.css';
import { nodeLabel } from './nodeLabel.ts';
import { counter } from './renders.ts';
import { useView, type Wire } from './view.ts';

export const NodeCard = memo(function NodeCard({ id, data, selected }: NodeProps<CardNode>) {
  counter.cards++;
  const level = useView((view) => view.level);
  return level === 'full' ? (
    <FullCard id={id} card={data.card} selected={selected} />
  ) : (
    <TitleCard id={id} selected={selected} />
  );
});

/** Whether something else was looked for and found. */
const useDimmed = (id: string): boolean => useView(({ found }) => found !== null && !found.has(id));

function TitleCard({ id, selected }: { id: string; selected: boolean }) {
  const name = useDrawing((state) => state.document.nodes[id]?.name ?? '');
  const mark = useDrawing((state) => state.nodeMarks[id]);
  const status = useCardStatus(id);
  const dimmed = useDimmed(id);
  return (
    <article
      id={`card-${id}`}
      tabIndex={-1}
      className={styles.titleCard}
      data-selected={selected ? '' : undefined}
      data-mark={mark}
      data-status={status}
      data-dimmed={dimmed ? '' : undefined}
      aria-label={name}
    >
      <span>{name}</span>
    </article>
  );
}

function FullCard({ id, card, selected }: { id: string; card: CardNode['data']['card']; selected: boolean }) {
  const { catalog } = useDrawingObject();
  const node = useDrawing((state) => state.document.nodes[id]);
  const mark = useDrawing((state) => state.nodeMarks[id]);
  const fact = useCardFact(id);
  const status = useCardStatus(id);
  const renaming = useView((view) => view.renaming === id);
  const inCircle = useView((view) => view.circle?.includes(id) ?? false);
  const dimmed = useDimmed(id);
  const replaced = useView((view) => view.replacing === id);
  if (!node) return null;
  const type = catalog.get(node.type);
  return (
    <article
      id={`card-${id}`}
      data-testid={`card-${id}`}
      tabIndex={-1}
      className={styles.card}
      data-selected={selected ? '' : undefined}
      data-circle={inCircle ? '' : undefined}
      data-dimmed={dimmed ? '' : undefined}
      data-replaced={replaced ? '' : undefined}
      aria-label={nodeLabel(node, type, mark, status)}
    >
      {status && (
        <span className={styles.clip}>
          <StatusRail status={status} />
        </span>
      )}
      <header className={styles.head}>
        <span className={styles.tile}>
          <Icon name={iconOf(type)} size={14} />
        </span>
        {renaming ? (
          <Rename id={id} name={node.name} />
        ) : (
          <h2 className={styles.title} title={node.name} style={{ font: 'inherit', fontWeight: 600 }}>
            {node.name}
          </h2>
        )}
        {mark && (
          <span className={styles.mark} data-severity={mark}>
            <Icon name={mark === 'error' ? 'error' : 'warning'} size={15} />
          </span>
        )}
      </header>
      {card.hasSummary && <div className={styles.summary}>{summaryOf(node, type)}</div>}
      {card.inputs.map((port) => (
        <PortHandle key={`in ${port.name}`} node={id} port={port} end="to" />
      ))}
      {card.outputs.map((port) => (
        <PortHandle key={`out ${port.name}`} node={id} port={port} end="from" />
      ))}
      <footer className={styles.foot}>
        <Receipt fact={fact} status={status} type={type} typeName={node.type} perItem={node.map !== undefined} />
      </footer>
    </article>
  );
}

function Receipt({
  fact,
  status,
  type,
  typeName,
  perItem,
}: {
  fact: CardFact | undefined;
  status: ReturnType<typeof useCardStatus>;
  type: NodeType | undefined;
  typeName: string;
  perItem: boolean;
}) {
  if (!fact || !status || status === 'pending') {
    const title = type?.title ?? typeName;
    return <span className={styles.type}>{perItem ? t('{type}, once per item', { type: title }) : title}</span>;
  }
  return (
    <>
      <StatusMark status={status} />
      {fact.status === 'reused' && fact.reusedFrom ? (
        <Source from={fact.reusedFrom} />
      ) : (
        fact.startedAt && <Elapsed from={fact.startedAt} to={fact.finishedAt} />
      )}
      {fact.items && (
        <span title={t('{done} of {total} items done', fact.items)} data-testid="items-done">
          {formatCompact(fact.items.done)}/{formatCompact(fact.items.total)}
        </span>
      )}
      {fact.rowCount !== null && !fact.items && <span>{t('{n} rows', { n: formatCompact(fact.rowCount) })}</span>}
    </>
  );
}

/** Whose work a card shows, and the way there. By keys the same way stands in what the node made, below the canvas. */
function Source({ from }: { from: NonNullable<CardFact['reusedFrom']> }) {
  const { project } = useDrawingObject();
  const href = places.run(project, from.run, from.node);
  return (
    <a
      className={`${styles.source} nodrag nopan`}
      href={href}
      tabIndex={-1}
      title={t('Reused from run {run}, saved {time}', { run: from.run, time: formatDuration(from.savedMs) })}
      onClick={(event) => {
        // the card would be selected by it, and the address of this page be written over the way there
        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own, as with any link
        event.preventDefault();
        go(href);
      }}
    >
      {t('run {run}', { run: from.run })}
    </a>
  );
}

const PortHandle = memo(function PortHandle({ node, port, end }: { node: string; port: CardPort; end: 'from' | 'to' }) {
  const fits = useView((view) => fitsWire(view.wire ?? view.keyWire?.wire ?? null, node, port, end));
  const aimed = useView(({ keyWire }) => {
    if (!keyWire) return false;
    if (keyWire.wire.node === node && keyWire.wire.port === port.name && keyWire.wire.end === end) return true;
    const target = keyWire.targets[keyWire.at];
    return keyWire.wire.end !== end && target?.node === node && target.port === port.name;
  });
  const says = `${port.label}: ${saidOf(nameOfKind(port.kind))}${port.optional ? `, ${t('optional')}` : ''}`;
  return (
    <>
      <Handle
        id={port.name}
        type={end === 'from' ? 'source' : 'target'}
        position={end === 'from' ? Position.Right : Position.Left}
        className={`${styles.handle} ${end === 'from' ? styles.out : styles.in}`}
        style={{ top: port.y }}
        title={says}
        aria-disabled={fits === false ? 'true' : undefined}
        data-welcome={fits === true ? '' : undefined}
        data-key={aimed ? '' : undefined}
        data-testid={`port-${node}-${end === 'from' ? 'out' : 'in'}-${port.name}`}
        isConnectable={!port.lost}
      >
        <span style={{ pointerEvents: 'none' }}>
          <PortShape kind={port.kind} filled={port.connected || (end === 'from' && !port.optional)} lost={port.lost} />
        </span>
      </Handle>
      <span className={styles.label} data-end={end} data-lost={port.lost ? '' : undefined} style={{ top: port.y - 10 }}>
        {port.label}
      </span>
    </>
  );
});

/** Whether a wire that is being drawn could end here; null while none is, or at its own start. */
export function fitsWire(wire: Wire | null, node: string, port: CardPort, end: 'from' | 'to'): boolean | null {
  if (!wire) return null;
  if (wire.node === node && wire.port === port.name && wire.end === end) return null;
  if (wire.end === end || wire.forbidden.has(node) || port.lost) return false;
  return wire.end === 'from' ? mayFlow(wire.kind, port.kind) : mayFlow(port.kind, wire.kind);
}

function Rename({ id, name }: { id: string; name: string }) {
  const drawing = useDrawingObject();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const done = (keep: boolean) => {
    const value = input.current?.value ?? '';
    useView.setState({ renaming: null });
    if (keep) rename(drawing, id, value);
    requestAnimationFrame(() => document.getElementById(`card-${id}`)?.focus({ preventScroll: true }));
  };
  return (
    <input
      ref={input}
      className={`${styles.rename} nodrag nopan`}
      defaultValue={name}
      maxLength={200}
      aria-label={t('Name of the node')}
      onBlur={() => useView.getState().renaming === id && done(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') done(true);
        else if (event.key === 'Escape') done(false);
      }}
    />
  );
}

/** The first line of a function, or all lines up to the one that ends its signature. */
const signature =
  /^[ \t]*(?:async[ \t]+def|def|export)\b(?:[^\n]*\n){0,40}?[^\n]*?(?:[:{]|=>)[ \t]*(?:#.*)?$|^[ \t]*(?:async[ \t]+def|def|export)\b.*/m;

/** The parameters that tell most, as one line. */
export function summaryOf(node: PipelineNode, type: NodeType | undefined): string {
  if (type?.code === 'user' && !type.card?.length) {
    const code = node.code ?? '';
    if (type.language === 'sql')
      return code
        .replace(/--.*$/gm, ' ')
        .replace(/\/\*[\s\S]*?\*\//g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 120);
    const [head = ''] = signature.exec(code) ?? [];
    return head
      .replace(/\s+/g, ' ')
      .replace(/^ ?(async )?def /, '')
      .replace(/^ ?export (default )?(async )?(function )?/, '')
      .replaceAll('( ', '(')
      .replace(/,? \)/g, ')')
      .slice(0, 120);
  }
  const properties = (type?.parameters.properties ?? {}) as Record<string, Member>;
  return (type?.card ?? [])
    .map((name) => told(node.parameters[name] ?? properties[name]?.default, properties[name]))
    .filter(Boolean)
    .join(' · ');
}
interface Member {
  default?: Json;
  oneOf?: Branch[];
  anyOf?: Branch[];
}
interface Branch {
  title?: string;
  properties?: Record<string, { const?: Json }>;
}
/** Of a choice between forms, the name of the chosen one; of anything else, the value. */
function told(value: Json | undefined, member: Member | undefined): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isReference(value)) {
    const branch = (member?.oneOf ?? member?.anyOf)?.find((one) =>
      Object.entries(one.properties ?? {}).some(
        ([name, { const: constant }]) => constant !== undefined && value[name] === constant,
      ),
    );
    if (branch?.title) return branch.title;
  }
  return plain(value);
}
function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (isReference(value)) return `{${value.$parameter}}`;
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'object') {
    const members = Object.values(value);
    return plain(members.find((member) => typeof member === 'string') ?? members[0]);
  }
  return String(value);
}

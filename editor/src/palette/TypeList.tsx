/** The node types that fit a query, to click, to drag, or to choose with arrows and Enter without leaving the search field. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { type DragEvent, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { loadAllReaders, useReaders } from '../document/readers/late.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { SearchField } from '../ui/textFields.tsx';
import { t } from '../words/index.ts';
import { iconOf } from './icons.ts';
import { PortShape } from './PortShape.tsx';
import { findTypes, needsReaders, portsOf, type WireFilter } from './search.ts';
import styles from './TypeList.module.css';

export const dragType = 'application/x-drawloom-node-type';
/** The type that is being dragged: while it is, the browser shows nobody what the drag carries. */
export const dragged: { type: NodeType | null } = { type: null };

export function TypeList(props: {
  wire?: WireFilter | null;
  autoFocus?: boolean;
  onChoose: (type: NodeType, options: { wired: boolean }) => void;
  onEscape?: () => void;
  foot?: string | undefined;
}) {
  const { catalog } = useDrawingObject();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const readers = useReaders(); // ports of code nodes are known once their readers have come
  const asksForPorts = needsReaders(query, props.wire ?? null);
  useEffect(() => {
    if (asksForPorts) void loadAllReaders();
  }, [asksForPorts]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when a reader comes
  const groups = useMemo(
    () => findTypes(catalog.values(), query, props.wire ?? null),
    [catalog, query, props.wire, readers],
  );
  const flat = groups.flatMap((group) => group.types);
  const current = flat[Math.min(at, flat.length - 1)];

  const show = (index: number) => {
    setAt(index);
    const type = flat[index];
    if (type) document.getElementById(`${id}-${type.type}`)?.scrollIntoView({ block: 'nearest' });
  };
  /** The button goes away with what it cleared; whoever pressed it wants to search for something else. */
  const clear = () => {
    setQuery('');
    field.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') show(Math.min(flat.length - 1, at + 1));
    else if (event.key === 'ArrowUp') show(Math.max(0, at - 1));
    else if (event.key === 'Enter' && current && event.target === field.current)
      props.onChoose(current, { wired: !event.shiftKey });
    else if (event.key === 'Escape' && (query === '' || props.onEscape)) props.onEscape?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drag = (event: DragEvent, type: NodeType) => {
    event.dataTransfer.setData(dragType, type.type);
    event.dataTransfer.effectAllowed = 'copy';
    dragged.type = type;
  };

  return (
    <div className={styles.box} onKeyDownCapture={press}>
      <div className={styles.search}>
        <SearchField
          label={t('Search nodes')}
          placeholder={t('Search nodes, or out:model')}
          value={query}
          onChange={(value) => {
            setQuery(value);
            setAt(0);
          }}
          inputRef={field}
          autoFocus={props.autoFocus ?? false}
          data-testid="palette-search"
        />
      </div>
      {flat.length === 0 ? (
        <div className={styles.none} role="status">
          {t('No node fits.')}
          {query && (
            <Button small onPress={clear}>
              {t('Clear the search')}
            </Button>
          )}
        </div>
      ) : (
        <div className={styles.list} role="listbox" aria-label={t('Nodes')} tabIndex={-1}>
          {groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of options
            <div key={group.category} role="group" aria-label={group.title}>
              <div className={styles.heading} aria-hidden="true">
                {group.title}
              </div>
              {group.types.map((type) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the keys
                <div
                  key={type.type}
                  id={`${id}-${type.type}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={type === current}
                  className={styles.item}
                  draggable
                  data-testid={`type-${type.type}`}
                  onDragStart={(event) => drag(event, type)}
                  onDragEnd={() => {
                    dragged.type = null;
                  }}
                  onClick={(event) => props.onChoose(type, { wired: !event.shiftKey })}
                >
                  <span className={styles.tile}>
                    <Icon name={iconOf(type)} />
                  </span>
                  <span className={styles.text}>
                    <span className={styles.title}>{type.title}</span>
                    <span className={styles.summary} title={type.summary}>
                      {type.summary}
                    </span>
                  </span>
                  <TypePorts type={type} />
                </div>
              ))}
            </div>
          ))}
        </div>
      )}
      {props.foot && <div className={styles.foot}>{props.foot}</div>}
    </div>
  );
}

function TypePorts({ type }: { type: NodeType }) {
  const { outputs } = portsOf(type);
  return (
    <span className={styles.ports} aria-hidden="true">
      <span>
        {outputs.slice(0, 3).map((port) => (
          <PortShape key={port.name} kind={port.kind} filled size={9} />
        ))}
      </span>
    </span>
  );
}

/** A card of a lineage: what it is in a shape and in words, and at its sides the buttons that open it further or fold it away. */
import type { LineageNode, LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { iconOf } from '../../palette/icons.ts';
import { PortShape } from '../../palette/PortShape.tsx';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import { ways } from './graph.ts';
import styles from './LineageGraph.module.css';
import { isData, kindIcons, linesOf, nameOf } from './words.ts';

export type Door = 'more' | 'show' | 'fold' | null;

export function Card(props: {
  node: LineageNode;
  catalog: Catalog | null;
  isChosen: boolean;
  isAsked: boolean;
  isFound: boolean;
  doors: Record<LineageWay, Door>;
  count: (way: LineageWay) => number;
  onChoose: () => void;
  onDoor: (way: LineageWay) => void;
}) {
  const { node, isChosen } = props;
  return (
    <>
      <button
        type="button"
        data-id={node.id}
        data-kind={node.kind}
        tabIndex={isChosen ? 0 : -1}
        aria-current={isChosen ? 'true' : undefined}
        className={cx(styles.card, isData(node) && styles.data)}
        data-asked={props.isAsked ? '' : undefined}
        data-found={props.isFound ? '' : undefined}
        onClick={props.onChoose}
      >
        <CardBody node={node} catalog={props.catalog} />
        {props.isAsked && <span className="visually-hidden">{t('asked about')}</span>}
      </button>
      {ways.map((way) => {
        const door = props.doors[way];
        return (
          door && (
            <button
              key={way}
              type="button"
              tabIndex={isChosen ? 0 : -1}
              className={styles.door}
              data-way={way}
              data-door={door}
              aria-label={doorWord(door, way, nameOf(node))}
              title={doorWord(door, way, nameOf(node))}
              onClick={() => props.onDoor(way)}
            >
              {door === 'show' ? props.count(way) : <Icon name={door === 'more' ? 'plus' : 'minus'} size={10} />}
            </button>
          )
        );
      })}
    </>
  );
}

export function doorWord(door: NonNullable<Door>, way: LineageWay, name: string): string {
  if (door === 'more')
    return way === 'up' ? t('More of what made {name}', { name }) : t('More of what came of {name}', { name });
  if (door === 'show')
    return way === 'up' ? t('Show what made {name}', { name }) : t('Show what came of {name}', { name });
  return way === 'up' ? t('Fold away what made {name}', { name }) : t('Fold away what came of {name}', { name });
}

function CardBody({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  return (
    <>
      <Mark node={node} catalog={catalog} />
      <span className={styles.cardText}>
        <strong>{nameOf(node)}</strong>
        {linesOf(node, catalog)
          .filter(Boolean)
          .map((line) => (
            <span key={line}>{line}</span>
          ))}
      </span>
    </>
  );
}

/** What it is, as a shape; the words say it as well. */
export function Mark({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  if (node.kind === 'artifact') return <PortShape kind={node.artifact.kind} filled size={12} />;
  const type = node.kind === 'node-run' ? catalog?.get(node.type) : undefined;
  const icon = node.kind === 'node-run' ? type && iconOf(type) : kindIcons[node.kind];
  return (
    icon && (
      <span className={styles.tile}>
        <Icon name={icon} />
      </span>
    )
  );
}

/** What differs between two drawings as a list: added, removed, changed and moved apart; the chosen node's fields stand under it. */
import type { DocumentDifference, NodeDifference } from '@drawloom/shared/pipeline/difference.ts';
import type { Edge, NodeId, PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { ReactNode } from 'react';
import { type Mark, markIcon, markWord } from '../../canvas/StillGraph.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import styles from './Compare.module.css';
import { Fields, languageOf } from './Fields.tsx';

export const markOf = ({ change, moved }: NodeDifference): Mark | null => change ?? (moved ? 'moved' : null);

/** The marks of a difference, for whoever draws it. */
export const marksOf = ({ nodes, edges }: DocumentDifference) => ({
  marks: new Map(
    nodes.flatMap((one) => {
      const mark = markOf(one);
      return mark ? [[one.node, mark] as const] : [];
    }),
  ),
  edgeMarks: new Map(edges.map(({ id, change }) => [id, change] as const)),
});

export function Changes(props: {
  difference: DocumentDifference;
  before: PipelineDocument;
  now: PipelineDocument;
  selected: NodeId | undefined;
  onSelect: (node: NodeId) => void;
  /** More of a node than its drawing tells. */
  more?: (node: NodeId) => ReactNode;
}) {
  const { difference, before, now, selected } = props;
  const nameOf = (node: NodeId) => now.nodes[node]?.name ?? before.nodes[node]?.name ?? node;
  const end = ({ from, to }: Edge) =>
    t('{from}, {output} → {to}, {input}', {
      from: nameOf(from.node),
      output: from.port,
      to: nameOf(to.node),
      input: to.port,
    });
  const groups = (['added', 'removed', 'changed', 'moved'] as const).map((mark) => ({
    mark,
    nodes: difference.nodes.filter((one) => (mark === 'moved' ? one.moved : one.change === mark)),
    edges: difference.edges.filter(({ change }) => change === mark),
  }));
  return (
    <div className={styles.changes} data-testid="changes">
      {difference.pipeline.length > 0 && (
        <section aria-label={t('The pipeline as a whole')}>
          <h2>{t('The pipeline as a whole')}</h2>
          <Fields fields={difference.pipeline} language="plaintext" />
        </section>
      )}
      {groups
        .filter(({ nodes, edges }) => nodes.length + edges.length > 0)
        .map(({ mark, nodes, edges }) => (
          <section key={mark} aria-label={heading(mark)}>
            <h2>
              <Icon name={markIcon(mark)} size={14} /> {heading(mark)}
              <span className={styles.count}>{nodes.length + edges.length}</span>
            </h2>
            <ul>
              {nodes.map((one) => (
                <li key={one.node} data-mark={mark}>
                  <button
                    type="button"
                    aria-expanded={one.node === selected}
                    className={styles.change}
                    onClick={() => props.onSelect(one.node)}
                  >
                    <b>{one.name}</b>
                    <span className={styles.none}>
                      {one.fields.length > 0 ? one.fields.map(({ path }) => path.join('.')).join(', ') : markWord(mark)}
                    </span>
                  </button>
                  {one.node === selected && (
                    <div className={styles.detail}>
                      <Fields fields={one.fields} language={languageOf(now.nodes[one.node]?.type)} />
                      {props.more?.(one.node)}
                    </div>
                  )}
                </li>
              ))}
              {edges.map((one) => (
                <li key={one.id} className={styles.edge} data-mark={mark}>
                  {end(one.edge)}
                </li>
              ))}
            </ul>
          </section>
        ))}
      {difference.notes > 0 && (
        <p className={styles.none}>
          {t('{n, plural, one {A note on the drawing differs.} other {# notes on the drawing differ.}}', {
            n: difference.notes,
          })}
        </p>
      )}
    </div>
  );
}

const heading = (mark: Mark): string =>
  ({ added: t('Added'), removed: t('Removed'), changed: t('Changed'), moved: t('Moved') })[mark];

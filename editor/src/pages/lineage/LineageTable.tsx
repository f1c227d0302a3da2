/** The lineage in words, row by row from the beginnings on: the same facts as the drawing, for reading and for copying. */
import type { LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { useMemo, useState } from 'react';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import type { Graph, Shown } from './graph.ts';
import styles from './LineagePage.module.css';
import type { Layout } from './layout.ts';
import { homesOf, linesOf, nameOf } from './words.ts';

const rowsAtOnce = 200;
/** More neighbours than these are told as a number. */
const mostNamed = 20;

export function LineageTable(props: {
  project: string;
  graph: Graph;
  shown: Shown;
  layout: Layout;
  asked: ReadonlySet<string>;
  catalog: Catalog | null;
}) {
  const { graph, shown, layout, asked } = props;
  const [most, setMost] = useState(rowsAtOnce);
  const sides = useMemo(
    () => ({
      from: Map.groupBy(shown.edges, ({ to }) => to),
      to: Map.groupBy(shown.edges, ({ from }) => from),
    }),
    [shown],
  );
  const rows = useMemo(() => layout.columns.flat(), [layout]);
  const names = (ids: readonly string[]) => {
    const known = ids.slice(0, mostNamed).flatMap((id) => graph.nodes.get(id) ?? []);
    const rest = ids.length - mostNamed;
    return [...known.map(nameOf), ...(rest > 0 ? [t('{n} more', { n: rest })] : [])].join(', ');
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={styles.frame} tabIndex={0} aria-label={t('Lineage as a table')}>
      <table className={styles.table}>
        <caption className="visually-hidden">{t('Lineage, from the beginnings on')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Name')}</th>
            <th scope="col">{t('What')}</th>
            <th scope="col">{t('Comes from')}</th>
            <th scope="col">{t('Goes to')}</th>
            <th scope="col">{t('Open')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((id) => {
            const node = graph.nodes.get(id);
            if (!node) return null;
            const [home] = homesOf(props.project, graph, node);
            return (
              <tr key={id} data-asked={asked.has(id) ? '' : undefined}>
                <th scope="row">
                  {nameOf(node)}
                  {asked.has(id) && <span className={styles.muted}> {t('(asked about)')}</span>}
                </th>
                <td>
                  <What node={node} catalog={props.catalog} />
                </td>
                <td>{names((sides.from.get(id) ?? []).map((edge) => edge.from))}</td>
                <td>{names((sides.to.get(id) ?? []).map((edge) => edge.to))}</td>
                <td>
                  {home && (
                    <LinkButton small tone="quiet" href={home.href}>
                      {home.text}
                    </LinkButton>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length > most && (
        <Button tone="quiet" onPress={() => setMost(most + rowsAtOnce)}>
          {t('Show {n} more of {total}', { n: Math.min(rowsAtOnce, rows.length - most), total: rows.length - most })}
        </Button>
      )}
    </section>
  );
}

function What({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  const at = 'at' in node ? node.at : null;
  return (
    <>
      {linesOf(node, catalog).filter(Boolean).join(', ')}
      {at && (
        <>
          {', '}
          <Ago at={at} />
        </>
      )}
    </>
  );
}

/** The lineage in words, row by row from the beginnings on: the same facts as the drawing, for reading and for copying. */
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './LineagePage.module.css';
import type { Layout } from './layout.ts';
import { homesOf, linesOf, nameOf } from './words.ts';

export function LineageTable(props: {
  project: string;
  lineage: Lineage;
  layout: Layout;
  asked: ReadonlySet<string>;
  catalog: Catalog | null;
}) {
  const { lineage, layout, asked } = props;
  const byId = new Map(lineage.nodes.map((node) => [node.id, node]));
  const names = (ids: readonly string[]) =>
    ids
      .map((id) => byId.get(id))
      .filter((node) => node !== undefined)
      .map(nameOf)
      .join(', ');
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
          {layout.columns.flat().map((id) => {
            const node = byId.get(id)!;
            const [home] = homesOf(props.project, lineage, node);
            return (
              <tr key={id} data-asked={asked.has(id) ? '' : undefined}>
                <th scope="row">
                  {nameOf(node)}
                  {asked.has(id) && <span className={styles.muted}> {t('(asked about)')}</span>}
                </th>
                <td>
                  <What node={node} catalog={props.catalog} />
                </td>
                <td>{names(lineage.edges.filter((edge) => edge.to === id).map((edge) => edge.from))}</td>
                <td>{names(lineage.edges.filter((edge) => edge.from === id).map((edge) => edge.to))}</td>
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

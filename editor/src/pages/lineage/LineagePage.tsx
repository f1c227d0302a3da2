/** Where an artifact comes from and what came of it, across runs: drawn, or as a table. */

import { routes } from '@drawloom/shared/api/index.ts';
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useCall } from '../../api/useCall.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { loadCatalog } from '../../document/catalog.ts';
import { PortShape } from '../../palette/PortShape.tsx';
import { IconButton, LinkButton, Segmented } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { EmptyState, Loading, Notice } from '../../ui/notices.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { artifactCard, LineageGraph, runCard } from './LineageGraph.tsx';
import styles from './LineagePage.module.css';
import { LineageTable } from './LineageTable.tsx';
import { layOut } from './layout.ts';
import { amountOf, homeOf, kindWord, nameOf } from './words.ts';

const directions = ['both', 'up', 'down'] as const;
type Direction = (typeof directions)[number];

export function LineagePage() {
  const { project, sha256 } = useParams({ from: '/p/$project/lineage/$sha256' });
  const search = useSearch({ from: '/p/$project/lineage/$sha256' });
  const navigate = useNavigate({ from: '/p/$project/lineage/$sha256' });
  const direction = directions.find((one) => one === search.direction) ?? 'both';
  const [depth, setDepth] = useState('10');
  const [as, setAs] = useState<'drawing' | 'table'>('drawing');
  const [zoom, setZoom] = useState(1);
  const changeZoom = useCallback((next: number) => setZoom(Math.min(1.6, Math.max(0.3, next))), []);
  const catalog = useCatalog();
  const { data, problem, loading, reload } = useCall(routes.getLineage, {
    params: { project, sha256 },
    query: { direction, depth: Number(depth), ...(search.kind ? { kind: search.kind as never } : {}) },
  });
  const layout = useMemo(() => data && layoutOf(data), [data]);
  const asked = useMemo(
    () =>
      new Set(
        data?.nodes.flatMap((one) => (one.kind === 'artifact' && one.artifact.sha256 === sha256 ? [one.id] : [])),
      ),
    [data, sha256],
  );
  const root = [...asked][0] ?? data?.nodes[0]?.id ?? '';
  const chosen = data?.nodes.find((one) => one.id === search.focus) ?? data?.nodes.find((one) => one.id === root);
  const artifact = data?.nodes.find((one) => one.id === root);

  return (
    <Page
      title={t('Lineage')}
      sub={artifact?.kind === 'artifact' && <Asked node={artifact} />}
      flush
      actions={
        <Segmented
          label={t('Show as')}
          value={as}
          onChange={setAs}
          options={[
            { id: 'drawing', text: t('Drawing'), icon: 'lineage' },
            { id: 'table', text: t('Table'), icon: 'table' },
          ]}
        />
      }
    >
      <div className={styles.tools}>
        <Segmented<Direction>
          label={t('Direction')}
          value={direction}
          onChange={(id) => void navigate({ search: (before) => ({ ...before, direction: id }), replace: true })}
          options={[
            { id: 'both', text: t('Both ways') },
            { id: 'up', text: t('Upstream') },
            { id: 'down', text: t('Downstream') },
          ]}
        />
        <Select
          label={t('How far')}
          hideLabel
          value={depth}
          onChange={setDepth}
          options={['1', '3', '10', '50'].map((n) => ({
            id: n,
            text: t('{n, plural, one {Up to # node run away} other {Up to # node runs away}}', { n: Number(n) }),
          }))}
        />
        {as === 'drawing' && (
          <span className={styles.zoom}>
            <IconButton small icon="minus" label={t('Smaller')} onPress={() => changeZoom(zoom / 1.2)} />
            <span className="tabular">{t('{n} %', { n: Math.round(zoom * 100) })}</span>
            <IconButton small icon="plus" label={t('Larger')} onPress={() => changeZoom(zoom * 1.2)} />
          </span>
        )}
      </div>
      {problem && (
        <div className={styles.notice}>
          <PageProblem
            problem={problem}
            icon="lineage"
            missing={t('There is no such artifact')}
            back={{ href: places.runs(project), text: t('Go to runs') }}
            onRetry={reload}
          />
        </div>
      )}
      {data?.truncated && (
        <div className={styles.notice}>
          <Notice tone="warning">
            {t('There is more than can be shown at once. Go less far, or look one way only, to see all of a part.')}
          </Notice>
        </div>
      )}
      {loading && !data && <Loading />}
      {data && data.edges.length === 0 && <Nothing direction={direction} />}
      {data && layout && data.edges.length > 0 && as === 'table' && (
        <LineageTable project={project} lineage={data} layout={layout} asked={asked} />
      )}
      {data && layout && data.edges.length > 0 && as === 'drawing' && chosen && (
        <div className={styles.stage}>
          <LineageGraph
            lineage={data}
            layout={layout}
            asked={asked}
            chosen={chosen.id}
            onChoose={(id) => void navigate({ search: (before) => ({ ...before, focus: id }), replace: true })}
            zoom={zoom}
            onZoom={changeZoom}
            catalog={catalog}
          />
          <Chosen project={project} lineage={data} node={chosen} isAsked={asked.has(chosen.id)} catalog={catalog} />
        </div>
      )}
    </Page>
  );
}

function layoutOf(lineage: Lineage) {
  return layOut(
    lineage.nodes.map((node) => ({ id: node.id, ...(node.kind === 'artifact' ? artifactCard : runCard) })),
    lineage.edges,
  );
}

function useCatalog(): Catalog | null {
  const [catalog, setCatalog] = useState<Catalog | null>(null);
  useEffect(() => {
    loadCatalog().then(setCatalog, () => undefined); // without it, types go by their ids
  }, []);
  return catalog;
}

function Asked({ node }: { node: Extract<LineageNode, { kind: 'artifact' }> }) {
  return (
    <span className={styles.asked}>
      <PortShape kind={node.artifact.kind} filled />
      {nameOf(node)} · {amountOf(node)} · <code>{node.artifact.sha256.slice(0, 12)}</code>
    </span>
  );
}

function Nothing({ direction }: { direction: Direction }) {
  return (
    <EmptyState
      icon="lineage"
      title={direction === 'down' ? t('Nothing came of it yet') : t('Nothing is known about where it comes from')}
    >
      {direction === 'down'
        ? t('No node run has read this artifact.')
        : direction === 'up'
          ? t('No node run made it: it was uploaded, or lies in the data folder.')
          : t('No node run has made or read this artifact.')}
    </EmptyState>
  );
}

/** What is chosen, and where to go from it. */
function Chosen(props: {
  project: string;
  lineage: Lineage;
  node: LineageNode;
  isAsked: boolean;
  catalog: Catalog | null;
}) {
  const { project, lineage, node } = props;
  const home = homeOf(project, lineage, node);
  return (
    <aside className={styles.chosen} aria-label={t('Chosen')}>
      <h2>{nameOf(node)}</h2>
      {node.kind === 'artifact' ? (
        <Facts
          of={[
            [t('Kind'), kindWord(node.artifact.kind)],
            [node.artifact.rowCount === null ? t('Size') : t('Holds'), amountOf(node)],
            [t('Media type'), node.artifact.mediaType],
            [t('Hash'), <code key="hash">{node.artifact.sha256.slice(0, 16)}…</code>],
          ]}
        />
      ) : (
        <Facts
          of={[
            [t('Node type'), props.catalog?.get(node.type)?.title ?? node.type],
            [t('Pipeline'), node.pipeline.name],
            [t('Run'), node.run],
            [t('Finished'), node.at ? <Ago key="at" at={node.at} /> : '–'],
          ]}
        />
      )}
      <div className={styles.links}>
        {home && (
          <LinkButton small icon="runs" href={home.href}>
            {t('Open in run {run}', { run: home.run })}
          </LinkButton>
        )}
        {node.kind === 'artifact' && !props.isAsked && (
          <LinkButton small icon="lineage" href={places.lineage(project, node.artifact.sha256)}>
            {t('Lineage of this')}
          </LinkButton>
        )}
        {node.kind === 'node-run' && (
          <LinkButton
            small
            icon="pipelines"
            href={`${places.pipeline(project, node.pipeline.id)}?node=${encodeURIComponent(node.node)}&run=${node.run}`}
          >
            {t('Open in the pipeline')}
          </LinkButton>
        )}
      </div>
    </aside>
  );
}

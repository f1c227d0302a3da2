/** Where an artifact comes from and what came of it, across runs: drawn, or as a table. */

import { routes } from '@drawloom/shared/api/index.ts';
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useCall } from '../../api/useCall.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { loadCatalog } from '../../document/catalog.ts';
import { IconButton, LinkButton, Segmented } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { EmptyState, Loading, Notice } from '../../ui/notices.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { LineageGraph, Mark, sizeOf } from './LineageGraph.tsx';
import styles from './LineagePage.module.css';
import { LineageTable } from './LineageTable.tsx';
import { layOut } from './layout.ts';
import { amountOf, homesOf, jobStateWord, kindWord, linesOf, nameOf, portWord } from './words.ts';

const directions = ['both', 'up', 'down'] as const;
type Direction = (typeof directions)[number];

export function LineagePage() {
  const { project } = useParams({ from: '/p/$project/lineage' });
  const search = useSearch({ from: '/p/$project/lineage' });
  const navigate = useNavigate({ from: '/p/$project/lineage' });
  const direction = directions.find((one) => one === search.direction) ?? 'both';
  const [depth, setDepth] = useState('10');
  const [as, setAs] = useState<'drawing' | 'table'>('drawing');
  const [zoom, setZoom] = useState(1);
  const changeZoom = useCallback((next: number) => setZoom(Math.min(1.6, Math.max(0.3, next))), []);
  const catalog = useCatalog();
  const { data, problem, loading, reload } = useCall(
    routes.getLineage,
    search.from ? { params: { project }, query: { from: search.from, direction, depth: Number(depth) } } : null,
  );
  const layout = useMemo(() => data && layoutOf(data), [data]);
  const asked = useMemo(() => new Set(data?.from), [data]);
  const root = [...asked][0] ?? data?.nodes[0]?.id ?? '';
  const chosen = data?.nodes.find((one) => one.id === search.focus) ?? data?.nodes.find((one) => one.id === root);
  const start = data?.nodes.find((one) => one.id === root);

  return (
    <Page
      title={t('Lineage')}
      sub={start && <Asked node={start} catalog={catalog} />}
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
          options={['1', '2', '6', '10', '20', '100'].map((n) => ({
            id: n,
            text: t('{n, plural, one {Up to # step away} other {Up to # steps away}}', { n: Number(n) }),
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
            missing={t('Nothing of that name is known here')}
            back={{ href: places.runs(project), text: t('Go to runs') }}
            onRetry={reload}
          />
        </div>
      )}
      {data?.more && (
        <div className={styles.notice}>
          <Notice tone="warning">
            {t('There is more than can be shown at once. Go less far, or look one way only, to see all of a part.')}
          </Notice>
        </div>
      )}
      {!search.from && (
        <EmptyState icon="lineage" title={t('Begin at something')}>
          {t('Lineage stands beside every output of a run and at every version of a model.')}
        </EmptyState>
      )}
      {loading && !data && <Loading />}
      {data && data.edges.length === 0 && <Nothing direction={direction} />}
      {data && layout && data.edges.length > 0 && as === 'table' && (
        <LineageTable project={project} lineage={data} layout={layout} asked={asked} catalog={catalog} />
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
    lineage.nodes.map((node) => ({ id: node.id, ...sizeOf(node) })),
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

function Asked({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  return (
    <span className={styles.asked}>
      <Mark node={node} catalog={catalog} />
      {[nameOf(node), ...linesOf(node, catalog).filter(Boolean)].join(' · ')}
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
        ? t('Nothing that is on record has read it.')
        : direction === 'up'
          ? t('Nothing that is on record has made it.')
          : t('Nothing that is on record has made or read it.')}
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
  return (
    <aside className={styles.chosen} aria-label={t('Chosen')}>
      <h2>{nameOf(node)}</h2>
      <Facts of={factsOf(node, props.catalog)} />
      <div className={styles.links}>
        {homesOf(project, lineage, node).map(({ href, text, icon }) => (
          <LinkButton key={href} small icon={icon} href={href}>
            {text}
          </LinkButton>
        ))}
        {!props.isAsked && (
          <LinkButton small icon="lineage" href={places.lineage(project, node.id)}>
            {t('Lineage of this')}
          </LinkButton>
        )}
      </div>
    </aside>
  );
}

function factsOf(node: LineageNode, catalog: Catalog | null): [string, ReactNode][] {
  const hash = (text: string) => <code title={text}>{text.slice(0, 16)}…</code>;
  switch (node.kind) {
    case 'artifact':
      return [
        [t('Kind'), portWord(node.artifact.kind)],
        [node.artifact.rowCount === null ? t('Size') : t('Holds'), amountOf(node)],
        [t('Media type'), node.artifact.mediaType],
        [t('Hash'), hash(node.artifact.sha256)],
      ];
    case 'node-run':
      return [
        [t('Node type'), catalog?.get(node.type)?.title ?? node.type],
        [t('Pipeline'), node.pipeline.name],
        [t('Run'), node.forgotten ? t('{run}, forgotten', { run: node.run }) : node.run],
        [t('Finished'), node.at ? <Ago key="at" at={node.at} /> : '–'],
        ...(node.code === null ? [] : [[t('Code'), hash(node.code)] as [string, ReactNode]]),
        ...(node.environment === null ? [] : [[t('Environment'), hash(node.environment)] as [string, ReactNode]]),
        ...(node.seed === null ? [] : [[t('Seed'), node.seed] as [string, ReactNode]]),
      ];
    case 'file':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Hash'), node.sha256 === null ? '–' : hash(node.sha256)],
      ];
    case 'job':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Namespace'), node.namespace],
        [t('Last run'), node.lastRun ? jobStateWord(node.lastRun.state) : '–'],
        [t('Last heard of'), <Ago key="at" at={node.toldAt} />],
      ];
    case 'data-set':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Namespace'), node.namespace],
        [t('Last heard of'), <Ago key="at" at={node.toldAt} />],
      ];
    case 'model-version':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Stage'), node.stage],
        [t('Aliases'), node.aliases.join(', ') || '–'],
        [t('Registered'), <Ago key="at" at={node.at} />],
      ];
    case 'tracked-run':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Experiment'), node.experiment.name],
        [t('Began'), <Ago key="at" at={node.at} />],
      ];
    case 'tracked-data':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Digest'), node.digest],
        [t('Experiment'), node.experiment.name],
        [t('Source'), node.source],
      ];
    case 'code':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Language'), node.language ?? '–'],
        [t('Hash'), hash(node.sha256)],
      ];
    case 'environment':
      return [
        [t('Kind'), kindWord(node.kind)],
        [t('Hash'), hash(node.hash)],
      ];
  }
}

/** Where something comes from and what came of it, across runs, models and programs outside: drawn, or as a table. */
import type { LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { loadCatalog } from '../../document/catalog.ts';
import { IconButton, Segmented } from '../../ui/Button.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { EmptyState, Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Page } from '../../ui/Page.tsx';
import { SearchField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Mark } from './Card.tsx';
import { Chosen } from './Chosen.tsx';
import { LineageGraph } from './LineageGraph.tsx';
import styles from './LineagePage.module.css';
import { LineageTable } from './LineageTable.tsx';
import { useLayout } from './useLayout.ts';
import { useLineage } from './useLineage.ts';
import { linesOf, nameOf } from './words.ts';

const directions = ['both', 'up', 'down'] as const;
type Direction = (typeof directions)[number];

export function LineagePage() {
  const { project } = useParams({ from: '/p/$project/lineage' });
  const search = useSearch({ from: '/p/$project/lineage' });
  const navigate = useNavigate({ from: '/p/$project/lineage' });
  const direction = directions.find((one) => one === search.direction) ?? 'both';
  const [depth, setDepth] = useState('20');
  const [withCode, setWithCode] = useState(false);
  const [as, setAs] = useState<'drawing' | 'table'>('drawing');
  const [zoom, setZoom] = useState(1);
  const changeZoom = useCallback((next: number) => setZoom(Math.min(1.6, Math.max(0.3, next))), []);
  const catalog = useCatalog();
  const known = useLineage({ project, from: search.from, direction, depth: Number(depth), withCode });
  const { graph, shown, folded, problem } = known;
  const laid = useLayout(shown);
  const asked = useMemo(() => new Set(graph?.from), [graph]);
  const root = graph?.from[0] ?? '';
  const chosen = graph?.nodes.get(search.focus ?? '') ?? graph?.nodes.get(root);
  const start = graph?.nodes.get(root);
  const choose = useCallback(
    (id: string) => void navigate({ search: (before) => ({ ...before, focus: id }), replace: true }),
    [navigate],
  );
  const [sought, setSought] = useState('');
  const found = useMemo(
    () => foundIn(laid?.layout.columns.flat() ?? [], shown?.nodes ?? [], sought, catalog),
    [laid, shown, sought, catalog],
  );
  const goOn = () => {
    const next = found[(found.indexOf(chosen?.id ?? '') + 1) % found.length];
    if (next) choose(next);
  };
  const isAlone = graph !== null && graph.edges.size === 0;

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
        <Switch isSelected={withCode} onChange={setWithCode}>
          {t('Code and environments')}
        </Switch>
        <span className={styles.search}>
          <SearchField
            label={t('Search by name')}
            placeholder={t('Search by name')}
            value={sought}
            onChange={setSought}
            onSubmit={goOn}
          />
          {sought !== '' && (
            <>
              <span className={styles.muted} role="status">
                {t('{n, plural, =0 {None found} one {# found} other {# found}}', { n: found.length })}
              </span>
              <IconButton
                small
                icon="down"
                label={t('Next that was found')}
                isDisabled={found.length === 0}
                onPress={goOn}
              />
            </>
          )}
        </span>
        {as === 'drawing' && (
          <span className={styles.zoom}>
            <IconButton small icon="minus" label={t('Smaller')} onPress={() => changeZoom(zoom / 1.2)} />
            <span className="tabular">{t('{n} %', { n: Math.round(zoom * 100) })}</span>
            <IconButton small icon="plus" label={t('Larger')} onPress={() => changeZoom(zoom * 1.2)} />
          </span>
        )}
      </div>
      <div className="visually-hidden" role="status" data-testid="lineage-told">
        {known.told}
      </div>
      {(problem || known.refused) && (
        <div className={styles.notice}>
          {problem ? (
            <PageProblem
              problem={problem}
              icon="lineage"
              missing={t('Nothing of that name is known here')}
              back={{ href: places.runs(project), text: t('Go to runs') }}
              onRetry={known.reload}
            />
          ) : (
            known.refused && <ProblemNotice problem={known.refused} />
          )}
        </div>
      )}
      {as === 'table' && graph && [...graph.nodes.values()].some(({ more }) => more.length > 0) && (
        <div className={styles.notice}>
          <Notice>{t('There is more. In the drawing, cards that lead on have a plus.')}</Notice>
        </div>
      )}
      {!search.from && (
        <EmptyState icon="lineage" title={t('Begin at something')}>
          {t('Lineage stands beside every output of a run and at every version of a model.')}
        </EmptyState>
      )}
      {((known.loading && !graph) || (shown && !laid && !isAlone)) && <Loading />}
      {isAlone && <Nothing direction={direction} />}
      {graph && laid && !isAlone && as === 'table' && (
        <LineageTable
          project={project}
          graph={graph}
          shown={laid.shown}
          layout={laid.layout}
          asked={asked}
          catalog={catalog}
        />
      )}
      {graph && laid && !isAlone && as === 'drawing' && chosen && (
        <div className={styles.stage}>
          <LineageGraph
            shown={laid.shown}
            layout={laid.layout}
            folded={folded}
            asked={asked}
            found={sought === '' ? none : new Set(found)}
            chosen={laid.layout.places.has(chosen.id) ? chosen.id : root}
            onChoose={choose}
            onDoor={known.turn}
            zoom={zoom}
            onZoom={changeZoom}
            catalog={catalog}
          />
          <Chosen
            project={project}
            graph={graph}
            node={chosen}
            isAsked={asked.has(chosen.id)}
            catalog={catalog}
            onOpen={(way) => known.open(chosen.id, way)}
            onChoose={choose}
          />
        </div>
      )}
    </Page>
  );
}

const none: ReadonlySet<string> = new Set();

/** Ids in the order of the drawing, of those whose words have all that was typed. */
function foundIn(
  order: readonly string[],
  nodes: readonly LineageNode[],
  sought: string,
  catalog: Catalog | null,
): string[] {
  const parts = sought.toLowerCase().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return [];
  const fits = new Set(
    nodes
      .filter((node) => {
        const text = [nameOf(node), ...linesOf(node, catalog), node.id].join(' ').toLowerCase();
        return parts.every((part) => text.includes(part));
      })
      .map(({ id }) => id),
  );
  return order.filter((id) => fits.has(id));
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

/** What is chosen in a lineage: its facts, where it can be opened, and of work what it ran with and which data it goes back to. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { LineageNode, LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import type { Graph } from './graph.ts';
import { Heard } from './Heard.tsx';
import styles from './LineagePage.module.css';
import { amountOf, homesOf, jobStateWord, kindWord, nameOf, type Of, portWord } from './words.ts';

interface Shown {
  project: string;
  graph: Graph;
  node: LineageNode;
  isAsked: boolean;
  catalog: Catalog | null;
  onOpen: (way: LineageWay) => void;
  onChoose: (id: string) => void;
}

export function Chosen(props: Shown) {
  const { project, graph, node } = props;
  const maker = node.kind === 'model-version' ? makerOf(graph, node) : undefined;
  return (
    <aside className={styles.chosen} aria-label={t('Chosen')}>
      <h2>{nameOf(node)}</h2>
      <Facts of={factsOf(project, node, props.catalog)} />
      <div className={styles.links}>
        {homesOf(project, graph, node).map(({ href, text, icon }) => (
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
      <div className={styles.links}>
        <Button small tone="quiet" icon="narrower" onPress={() => props.onOpen('up')}>
          {t('Ask what made it')}
        </Button>
        <Button small tone="quiet" icon="wider" onPress={() => props.onOpen('down')}>
          {t('Ask what came of it')}
        </Button>
      </div>
      {(node.kind === 'job' || node.kind === 'data-set') && <Heard project={project} id={node.id} />}
      {node.kind === 'node-run' && !node.forgotten && <Parameters node={node} />}
      {maker && (
        <>
          <h3>{t('Made by {name}', { name: nameOf(maker) })}</h3>
          <Facts of={factsOf(project, maker, props.catalog)} />
          {maker.kind === 'node-run' && !maker.forgotten && <Parameters node={maker} />}
        </>
      )}
      {(node.kind === 'model-version' || node.kind === 'node-run') && <Sources {...props} />}
    </aside>
  );
}

const makerOf = ({ nodes, edges }: Graph, node: Of<'model-version'>): LineageNode | undefined =>
  nodes.get([...edges.values()].find(({ to }) => to === node.id)?.from ?? '');

/** The parameters that a node run had, whole. */
function Parameters({ node }: { node: Of<'node-run'> }) {
  const { data } = useCall(routes.getNodeRun, {
    params: { run: node.run, node: node.node },
    query: node.mapIndex > 0 ? { mapIndex: node.mapIndex } : {},
  });
  const rows = Object.entries(data?.parameters ?? {}).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
  if (rows.length === 0) return null;
  return (
    <section aria-label={t('Parameters')}>
      <h3>{t('Parameters')}</h3>
      <NamedValues caption={t('Parameters')} rows={rows} />
    </section>
  );
}

/** Where all of it began: files, logged data and data sets of others that nothing here was made before. */
function Sources({ graph, node, onChoose }: Shown) {
  const incoming = Map.groupBy(graph.edges.values(), ({ to }) => to);
  const seen = new Set([node.id]);
  for (const id of seen) for (const { from } of incoming.get(id) ?? []) seen.add(from);
  const sources = [...seen].flatMap((id) => {
    const one = graph.nodes.get(id);
    return one && (one.kind === 'file' || one.kind === 'tracked-data' || one.kind === 'data-set') ? [one] : [];
  });
  if (sources.length === 0) return null;
  return (
    <section aria-label={t('Data that it goes back to')}>
      <h3>{t('Data that it goes back to')}</h3>
      <ul className={styles.sources}>
        {sources.slice(0, 50).map((one) => (
          <li key={one.id}>
            <Button small tone="quiet" onPress={() => onChoose(one.id)}>
              {[nameOf(one), one.kind === 'file' ? (one.sha256?.slice(0, 12) ?? '') : ''].filter(Boolean).join(' · ')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function factsOf(project: string, node: LineageNode, catalog: Catalog | null): [string, ReactNode][] {
  const hash = (text: string) => <code title={text}>{text.slice(0, 16)}…</code>;
  const ofAll = (id: string, text: string) => (
    <Link to="/p/$project/lineage" params={{ project }} search={{ from: id }} title={t('What else ran with it')}>
      {hash(text)}
    </Link>
  );
  switch (node.kind) {
    case 'artifact':
      return [
        [t('Kind'), portWord(node.artifact.kind)],
        [node.artifact.rowCount === null ? t('Size') : t('Holds'), amountOf(node)],
        [t('Media type'), node.artifact.mediaType],
        [t('Hash'), hash(node.artifact.sha256)],
      ];
    case 'node-run': {
      const facts: [string, ReactNode][] = [
        [t('Node type'), catalog?.get(node.type)?.title ?? node.type],
        [t('Pipeline'), node.pipeline.name],
        [t('Run'), node.forgotten ? t('{run}, forgotten', { run: node.run }) : node.run],
        [t('Finished'), node.at ? <Ago key="at" at={node.at} /> : '–'],
      ];
      if (node.code !== null) facts.push([t('Code'), ofAll(`code:${node.code}`, node.code)]);
      if (node.environment !== null)
        facts.push([t('Environment'), ofAll(`environment:${node.environment}`, node.environment)]);
      if (node.seed !== null) facts.push([t('Seed'), node.seed]);
      return facts;
    }
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

/** Decides how what stands in a lineage is called, what is said of it in a line, and where it can be opened. */
import type { LineageKind, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { places } from '../../app/places.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import type { IconName } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import type { Graph } from './graph.ts';

export type Of<Kind extends LineageKind> = Extract<LineageNode, { kind: Kind }>;

/** What is data stands in round cards, what works or holds the work in square ones. */
export const isData = ({ kind }: LineageNode): boolean =>
  kind === 'artifact' || kind === 'file' || kind === 'data-set' || kind === 'tracked-data';

export function portWord(kind: PortKind): string {
  const words: Record<PortKind, string> = {
    table: t('Table'),
    model: t('Model'),
    metrics: t('Metrics'),
    figure: t('Figure'),
    document: t('Document'),
    file: t('File'),
    folder: t('Folder'),
    value: t('Value'),
    any: t('Artifact'),
  };
  return words[kind];
}

export function kindWord(kind: LineageKind): string {
  const words: Record<LineageKind, string> = {
    artifact: t('Artifact'),
    'node-run': t('Node run'),
    file: t('File'),
    'data-set': t('Data set of another program'),
    job: t('Job of another program'),
    'model-version': t('Model version'),
    'tracked-run': t('Run in experiments'),
    'tracked-data': t('Logged data set'),
    code: t('Code'),
    environment: t('Environment'),
  };
  return words[kind];
}

export const kindIcons: Record<Exclude<LineageKind, 'artifact' | 'node-run'>, IconName> = {
  file: 'file',
  'data-set': 'sql',
  job: 'external',
  'model-version': 'model',
  'tracked-run': 'chart',
  'tracked-data': 'table',
  code: 'code',
  environment: 'archive',
};

export function jobStateWord(state: NonNullable<Of<'job'>['lastRun']>['state']): string {
  const words: Record<typeof state, string> = {
    START: t('Running'),
    RUNNING: t('Running'),
    COMPLETE: t('Succeeded'),
    FAIL: t('Failed'),
    ABORT: t('Cancelled'),
    OTHER: t('Unknown'),
  };
  return words[state];
}

export const amountOf = ({ artifact }: Of<'artifact'>): string =>
  artifact.rowCount === null ? formatBytes(artifact.sizeBytes) : t('{n} rows', { n: formatCount(artifact.rowCount) });

export function nameOf(node: LineageNode): string {
  switch (node.kind) {
    case 'artifact':
      return node.artifact.port || portWord(node.artifact.kind);
    case 'node-run':
      return node.mapIndex > 0 ? t('{name}, item {n}', { name: node.name, n: node.mapIndex }) : node.name;
    case 'model-version':
      return t('{name}, version {n}', { name: node.model, n: node.version });
    case 'tracked-run':
      return node.name || node.run.slice(0, 8);
    case 'code':
      return node.sha256.slice(0, 12);
    case 'environment':
      return node.hash.slice(0, 12);
    default:
      return node.name;
  }
}

/** One or two lines below the name; the first says what it is. */
export function linesOf(node: LineageNode, catalog: Catalog | null): string[] {
  switch (node.kind) {
    case 'artifact':
      return [`${portWord(node.artifact.kind)} · ${amountOf(node)}`];
    case 'node-run':
      return [
        catalog?.get(node.type)?.title ?? node.type,
        t('{pipeline}, run {run}', { pipeline: node.pipeline.name, run: node.run }),
      ];
    case 'file':
      return [
        node.sha256 === null ? t('File, read by no run') : t('File {digest}', { digest: node.sha256.slice(0, 12) }),
      ];
    case 'data-set':
      return [t('Data set elsewhere'), node.namespace];
    case 'job':
      return [t('Job elsewhere'), node.namespace];
    case 'model-version':
      return [
        kindWord(node.kind),
        [node.stage === 'None' ? '' : node.stage, ...node.aliases].filter(Boolean).join(', '),
      ];
    case 'tracked-run':
      return [kindWord(node.kind), node.experiment.name];
    case 'tracked-data':
      return [t('Logged, {digest}', { digest: node.digest.slice(0, 12) })];
    default:
      return [kindWord(node.kind)];
  }
}

export interface Home {
  href: string;
  text: string;
  icon: IconName;
}
/** Where else in the house it is shown; an artifact among the outputs of what made it, else among the inputs of what reads it. */
export function homesOf(project: string, graph: Graph, node: LineageNode): Home[] {
  switch (node.kind) {
    case 'artifact': {
      const edges = [...graph.edges.values()];
      const runAt = (id: string | undefined) => {
        const one = graph.nodes.get(id ?? '');
        return one?.kind === 'node-run' ? one : undefined;
      };
      const made = edges.find((edge) => edge.to === node.id && runAt(edge.from));
      const read = edges.find((edge) => edge.from === node.id && runAt(edge.to));
      const run = runAt(made?.from ?? read?.to);
      if (!run || run.forgotten) return [];
      const port = encodeURIComponent((made ?? read)!.port);
      return [
        {
          href: `${places.run(project, run.run, run.node)}&tab=${made ? 'outputs' : 'inputs'}&port=${port}`,
          text: t('Open in run {run}', { run: run.run }),
          icon: 'runs',
        },
      ];
    }
    case 'node-run':
      return node.forgotten
        ? []
        : [
            {
              href: places.run(project, node.run, node.node),
              text: t('Open in run {run}', { run: node.run }),
              icon: 'runs',
            },
            {
              href: `${places.pipeline(project, node.pipeline.id)}?node=${encodeURIComponent(node.node)}&run=${node.run}`,
              text: t('Open in the pipeline'),
              icon: 'pipelines',
            },
          ];
    case 'model-version':
      return [
        { href: places.modelVersion(project, node.model, node.version), text: t('Open the version'), icon: 'model' },
      ];
    case 'tracked-run':
      return [
        {
          href: `${places.experiments(project)}?experiment=${node.experiment.id}&run=${node.run}`,
          text: t('Open in experiments'),
          icon: 'chart',
        },
      ];
    default:
      return [];
  }
}

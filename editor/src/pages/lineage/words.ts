/** Decides how what stands in a lineage is called, and where it can be opened. */
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { places } from '../../app/places.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { t } from '../../words/index.ts';

export type ArtifactNode = Extract<LineageNode, { kind: 'artifact' }>;
export type RunNode = Extract<LineageNode, { kind: 'node-run' }>;

export function kindWord(kind: PortKind): string {
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

export const amountOf = ({ artifact }: ArtifactNode): string =>
  artifact.rowCount === null ? formatBytes(artifact.sizeBytes) : t('{n} rows', { n: formatCount(artifact.rowCount) });

export const nameOf = (node: LineageNode): string =>
  node.kind === 'artifact' ? node.artifact.port || kindWord(node.artifact.kind) : node.name;

/** The run page that shows an artifact: among the outputs of what made it, else among the inputs of what reads it. */
export function homeOf(project: string, lineage: Lineage, node: LineageNode): { href: string; run: number } | null {
  if (node.kind === 'node-run') return { href: places.run(project, node.run, node.node), run: node.run };
  const runs = new Map(lineage.nodes.flatMap((one) => (one.kind === 'node-run' ? [[one.id, one] as const] : [])));
  const made = lineage.edges.find((edge) => edge.to === node.id);
  const read = lineage.edges.find((edge) => edge.from === node.id);
  const run = runs.get(made?.from ?? read?.to ?? '');
  if (!run) return null;
  const port = (made ?? read)!.port;
  return {
    href: `${places.run(project, run.run, run.node)}&tab=${made ? 'outputs' : 'inputs'}&port=${encodeURIComponent(port)}`,
    run: run.run,
  };
}

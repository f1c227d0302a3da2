/** Decides how two drawings become one picture: the later one, with what it does not have any more where it stood. */
import { edgeId, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';

export function merged(before: PipelineDocument, now: PipelineDocument): PipelineDocument {
  const ends = (document: PipelineDocument) =>
    Object.values(document.edges).map((edge) => [edgeId(edge), edge] as const);
  return {
    ...now,
    nodes: { ...before.nodes, ...now.nodes },
    edges: Object.fromEntries([...ends(before), ...ends(now)]),
    looks: { ...now.looks, positions: { ...before.looks.positions, ...now.looks.positions } },
  };
}

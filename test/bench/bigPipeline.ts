/** Decides which drawing the canvas is measured with: rows of twenty, each node fed by the column before, a third by two of it. */
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';

const rows = 20;

export function bigPipeline(count: number): PipelineDocument {
  const document = emptyPipeline(`${count} nodes`);
  const connect = (from: string, to: string, port: string) => {
    const edge = { from: { node: from, port: 'table' }, to: { node: to, port } };
    document.edges[edgeId(edge)] = edge;
  };
  for (let index = 0; index < count; index++) {
    const id = `n${index}`;
    const first = index < rows;
    const two = index % 3 === 0;
    document.nodes[id] = {
      type: first ? 'read-file' : two ? 'join' : 'select',
      name: `Node ${index}`,
      parameters: first ? { file: 'flights.parquet' } : {},
    };
    document.looks.positions[id] = { x: Math.floor(index / rows) * 320, y: (index % rows) * 176 };
    if (first) continue;
    if (two) {
      connect(`n${index - rows}`, id, 'left');
      connect(`n${index - rows + (index % rows === 0 ? 1 : -1)}`, id, 'right');
    } else connect(`n${index - rows}`, id, 'table');
  }
  return document;
}

/** Draws one node behind sources of which the last run gave known columns. */
import { type ColumnFlow, columnFlow, namesOfWork, type SeenTable } from '@drawloom/shared/columns/flow.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Column } from '@drawloom/shared/node-type/ports.ts';
import { shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { signatureOf } from '@drawloom/shared/signature/index.ts';
import { catalog } from './catalog.ts';

export interface Drawn {
  document: PipelineDocument;
  tables: SeenTable[];
}

export const source = 'import pandas as pd\n\ndef load() -> pd.DataFrame: ...\n';

const sourcePort = signatureOf('python', source).outputs[0]!.name;

/** A node named "node" behind sources whose last run gave these columns, one for each of its inputs. */
export function drawn(type: string, parameters: Record<string, unknown>, given: Record<string, Column[]>): Drawn {
  const document: PipelineDocument = emptyPipeline('columns');
  document.nodes.node = { type, name: 'Node', parameters: parameters as Record<string, Json> };
  for (const port of Object.keys(given)) {
    document.nodes[`from_${port}`] = { type: 'python', name: `From ${port}`, parameters: {}, code: source };
    const edge = { from: { node: `from_${port}`, port: sourcePort }, to: { node: 'node', port } };
    document.edges[edgeId(edge)] = edge;
  }
  const names = namesOfWork(document);
  const tables = Object.entries(given).map(([port, columns]): SeenTable => {
    const node = `from_${port}`;
    return { node, port: sourcePort, columns, run: 3, fingerprint: names.get(node)! };
  });
  return { document, tables };
}
export const flowOf = ({ document, tables }: Drawn): ColumnFlow =>
  columnFlow(document, catalog, shapesOf(document, catalog), { tables });

/** The node types that the server offers, read once for the whole visit. */
import { type Catalog, catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import { call, routes } from '../api/call.ts';

let reading: Promise<Catalog> | undefined;
export function loadCatalog(): Promise<Catalog> {
  reading ??= call(routes.listNodeTypes).then(
    ({ nodeTypes }) => catalogOf(nodeTypes as NodeType[]),
    (error) => {
      reading = undefined;
      throw error;
    },
  );
  return reading;
}

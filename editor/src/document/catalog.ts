/** The node types that the server offers, in the reader's words, read once for the whole visit. */
import { type Catalog, catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import { call, routes } from '../api/call.ts';
import { spokenType } from '../words/told.ts';

let reading: Promise<Catalog> | undefined;
export function loadCatalog(): Promise<Catalog> {
  reading ??= call(routes.listNodeTypes).then(
    ({ nodeTypes }) => catalogOf((nodeTypes as NodeType[]).map(spokenType)),
    (error) => {
      reading = undefined;
      throw error;
    },
  );
  return reading;
}

/** Decides which node types a query means: words of title, summary and category, and `in:table` or `out:model` for ports. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { mayFlow, type Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import { shapeOf } from '@drawloom/shared/signature/index.ts';
import { isReady } from '../document/readers/late.ts';
import { t } from '../words/index.ts';

const shapes = new WeakMap<NodeType, { inputs: readonly Port[]; outputs: readonly Port[] }>();
/** The ports that a new node of this type has. */
export function portsOf(type: NodeType): { inputs: readonly Port[]; outputs: readonly Port[] } {
  let shape = shapes.get(type);
  if (!shape) {
    if (type.code === 'user' && !isReady(type.language)) return none; // see `needsReaders`
    shape = shapeOf(
      {
        type: type.type,
        name: type.title,
        parameters: {},
        ...(type.template === undefined ? {} : { code: type.template }),
      },
      type,
    );
    shapes.set(type, shape);
  }
  return shape;
}

const none = { inputs: [], outputs: [] };

/** Whether a search asks for ports, which code nodes only have once their readers have come. */
export const needsReaders = (query: string, wire: unknown): boolean => wire !== null || /(^|\s)(in|out):/.test(query);

export interface TypeGroup {
  category: NodeType['category'];
  title: string;
  types: readonly NodeType[];
}

const order: readonly NodeType['category'][] = [
  'data',
  'transform',
  'check',
  'model',
  'evaluate',
  'report',
  'code',
  'control',
];
export function categoryTitle(category: NodeType['category']): string {
  return {
    data: t('Data'),
    transform: t('Transform'),
    check: t('Check'),
    model: t('Model'),
    evaluate: t('Evaluate'),
    report: t('Report'),
    code: t('Code'),
    control: t('Control'),
  }[category];
}

export interface WireFilter {
  end: 'from' | 'to';
  kind: PortKind;
}

export function findTypes(types: Iterable<NodeType>, query: string, wire: WireFilter | null): TypeGroup[] {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...types].filter((type) => (!wire || takes(type, wire)) && terms.every((term) => matches(type, term)));
  const words = terms.filter((term) => !term.includes(':')).join(' ');
  return order
    .map((category) => ({
      category,
      title: categoryTitle(category),
      types: found
        .filter((type) => type.category === category)
        .sort((a, b) => rank(a, words) - rank(b, words) || a.title.localeCompare(b.title)),
    }))
    .filter((group) => group.types.length > 0)
    .sort((a, b) => rank(a.types[0]!, words) - rank(b.types[0]!, words)); // Enter takes the first: what is called so comes first
}

const rank = (type: NodeType, words: string): number => {
  if (!words) return 0;
  const title = type.title.toLowerCase();
  return title === words ? 0 : title.startsWith(words) ? 1 : title.includes(words) ? 2 : 3;
};

function takes(type: NodeType, wire: WireFilter): boolean {
  const { inputs, outputs } = portsOf(type);
  return wire.end === 'from'
    ? inputs.some((port) => mayFlow(wire.kind, port.kind))
    : outputs.some((port) => mayFlow(port.kind, wire.kind));
}

function matches(type: NodeType, term: string): boolean {
  const [, side, kind] = /^(in|out):(\w*)$/.exec(term) ?? [];
  if (side) {
    const { inputs, outputs } = portsOf(type);
    const exact = PortKind.options.includes(kind as PortKind);
    // a kind of which only the beginning is typed finds as its letters come
    return (side === 'in' ? inputs : outputs).some((port) =>
      exact ? port.kind === kind : port.kind.startsWith(kind!),
    );
  }
  return `${type.title} ${type.summary} ${type.category} ${categoryTitle(type.category)} ${type.type} ${type.language ?? ''}`
    .toLowerCase()
    .includes(term);
}

/** Asks one question about what arrives, and gives it on at one of two ports. */
import { type Artifact, Table, type Value } from 'drawloom';

type Question = 'above' | 'at_least' | 'below' | 'at_most' | 'equal' | 'different';

export default function branch(
  judged: Artifact,
  { name = '', is = 'above', than = 0 }: { name?: string; is?: Question; than?: Value },
): { yes?: Artifact; no?: Artifact } {
  if (judged === null)
    throw new Error('Nothing (null) arrived, and it cannot go on. Let the node before it give a value.');
  return holds(comparedIn(judged, name), is, than) ? { yes: judged } : { no: judged };
}

function comparedIn(judged: Artifact, name: string): unknown {
  if (judged instanceof Table) {
    if (name === '' || name === 'rows') return judged.rowCount;
    throw new Error(`A table is asked for its rows, not for "${name}". Leave the name empty, or branch over metrics.`);
  }
  if (name === '') {
    if (typeof judged === 'object' && judged !== null)
      throw new Error(`Something with parts arrived. Name the part to compare: ${partsOf(judged)}.`);
    return judged;
  }
  if (typeof judged === 'object' && judged !== null && Object.hasOwn(judged, name)) return memberOf(judged, name);
  let at: unknown = judged;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part))
      throw new Error(`There is no "${name}" in what arrived; it has ${partsOf(at)}. Name one of these.`);
    at = memberOf(at, part);
  }
  return at;
}

const memberOf = (value: object, name: string): unknown => (value as Record<string, unknown>)[name];

const partsOf = (value: unknown): string => {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return names.length > 0 ? names.slice(0, 20).join(', ') : 'no parts';
};

function holds(value: unknown, is: Question, than: Value): boolean {
  if (is === 'equal' || is === 'different') {
    const same = JSON.stringify(value) === JSON.stringify(than);
    return is === 'equal' ? same : !same;
  }
  const ordered =
    (typeof value === 'number' && typeof than === 'number') || (typeof value === 'string' && typeof than === 'string');
  if (!ordered)
    throw new Error(
      `${JSON.stringify(value) ?? 'Nothing'} cannot be put in order with ${JSON.stringify(than)}. Compare a number with a number, or a text with a text.`,
    );
  switch (is) {
    case 'above':
      return value > than;
    case 'at_least':
      return value >= than;
    case 'below':
      return value < than;
    case 'at_most':
      return value <= than;
  }
}

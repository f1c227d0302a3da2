/** Decides how a place in the stream of events is written down: transaction, then event, in the order in which commits settle. */

export interface Position {
  xid: bigint;
  id: bigint;
}

export const textOf = ({ xid, id }: Position): string => `${xid}.${id}`;

/** Null for a text that names no place, or one that this database cannot have reached. */
export function parsePosition(text: string): Position | null {
  const found = /^(\d{1,19})\.(\d{1,18})$/.exec(text);
  return found ? { xid: BigInt(found[1]!), id: BigInt(found[2]!) } : null;
}

export const after = (a: Position, b: Position): boolean => a.xid > b.xid || (a.xid === b.xid && a.id > b.id);

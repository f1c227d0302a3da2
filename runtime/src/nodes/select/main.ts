/** Keeps, drops, renames and retypes columns, in this order of deciding; rows are filtered before any of it. */
import { identifier, sql, type Table } from 'drawloom';

interface Options {
  columns?: string[];
  drop?: string[];
  rename?: { column: string; name: string }[];
  types?: { column: string; type: string }[];
  onBadValue?: 'fail' | 'null';
  where?: string;
}

export default async function select(table: Table, options: Options): Promise<Table> {
  const { columns = [], drop = [], rename = [], types = [], onBadValue = 'fail', where = '' } = options;
  table.require(...columns, ...drop, ...rename.map((each) => each.column), ...types.map((each) => each.column));
  const kept = (columns.length ? columns : table.columns.map((column) => column.name)).filter(
    (name) => !drop.includes(name),
  );
  if (kept.length === 0) throw new Error('No column is left. List fewer under "Drop".');
  const names = new Map(rename.map((each) => [each.column, each.name]));
  const wanted = new Map(types.map((each) => [each.column, each.type]));
  const taken = new Map<string, string>();
  const parts = kept.map((column) => {
    const name = names.get(column) ?? column;
    const other = taken.get(name.toLowerCase());
    if (other !== undefined)
      throw new Error(`"${other}" and "${column}" would both be called "${name}". Give one of them another name.`);
    taken.set(name.toLowerCase(), column);
    const type = wanted.get(column);
    const value = identifier(column);
    return `${type ? `${onBadValue === 'null' ? 'try_cast' : 'cast'}(${value} as ${type})` : value} as ${identifier(name)}`;
  });
  const condition = where.trim() ? `\nwhere (${where.trim().replace(/;$/, '')}\n)` : '';
  return sql(`select ${parts.join(', ')} from this${condition}`, { tables: { this: table } });
}

/**
 * Checks a table and hands it on. All counts come from one pass over the table; each check is a condition that a broken row
 * fulfils, so that an example of a broken row can be shown with the same words.
 */
import { Document, identifier, literal, Metrics, query, type Row, type Table } from 'drawloom';

type Level = 'fail' | 'warn';
interface ColumnRule {
  column: string;
  type?: string;
  maxMissingShare?: number;
  min?: number | string | null;
  max?: number | string | null;
  unique?: boolean;
  allowed?: (string | number | boolean)[];
  pattern?: string;
  level?: Level;
}
interface Options {
  columns?: ColumnRule[];
  onlyThese?: boolean;
  minRows?: number;
  maxRows?: number | null;
  key?: string[];
  rules?: { name?: string; condition: string; level?: Level }[];
}
interface Check {
  what: string;
  level: Level;
  /** A condition that broken rows fulfil; absent for a check of the schema. */
  broken?: string;
  /** A count of broken rows where no condition on a single row tells them. */
  count?: string;
  /** How many broken rows are still fine. */
  tolerated?: (rowCount: number) => number;
  found?: number;
  example?: string;
}
interface Outputs {
  table: Table;
  report: Document;
  metrics: Metrics;
}

const groups: Record<string, RegExp> = {
  number: /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/,
  whole: /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/,
  text: /^VARCHAR$|^ENUM/,
  boolean: /^BOOLEAN$/,
  date: /^DATE$/,
  time: /^TIMESTAMP/,
};
const typeNames: Record<string, string> = {
  number: 'a number',
  whole: 'a whole number',
  text: 'text',
  boolean: 'true or false',
  date: 'a date',
  time: 'a date and time',
};

export default async function checkTable(table: Table, options: Options): Promise<Outputs> {
  const checks = await checksOf(table, options);
  const rowCount = await count(table, checks);
  const isBroken = (check: Check) => (check.found ?? 0) > (check.tolerated?.(rowCount) ?? 0);
  const broken = checks.filter(isBroken);
  for (const check of broken) if (check.broken) check.example = await exampleOf(table, check.broken);
  const report = reportOf(checks, isBroken, rowCount);
  const failed = broken.filter((check) => check.level === 'fail');
  const warned = broken.filter((check) => check.level === 'warn');
  for (const check of warned) console.warn(`Warning: ${sentence(check, rowCount)}`);
  if (failed.length) {
    console.error(report);
    const more = failed.length > 3 ? ` (and ${failed.length - 3} more, see the log)` : '';
    const error = new Error(
      `${failed.length === 1 ? 'A check is' : `${failed.length} checks are`} broken: ${failed
        .slice(0, 3)
        .map((check) => sentence(check, rowCount))
        .join(' ')}${more}`,
    );
    error.name = 'CheckError';
    throw error;
  }
  return {
    table,
    report: new Document(report, 'text/markdown', { checks: checks.map((check) => told(check, !isBroken(check))) }),
    metrics: new Metrics({
      rows: rowCount,
      checks: checks.length,
      passed: checks.length - broken.length,
      warnings: warned.length,
    }),
  };
}

/** As lineage tells it to other programs. */
const told = ({ what, level, found }: Check, holds: boolean) => ({
  what: what.replaceAll('`', ''),
  holds,
  level,
  broken: found ?? 0,
});

async function checksOf(
  table: Table,
  { columns = [], onlyThese = false, minRows = 1, maxRows, key = [], rules = [] }: Options,
): Promise<Check[]> {
  const checks: Check[] = [];
  const types = new Map(table.columns.map((column) => [column.name, column.type]));
  for (const rule of columns) {
    const { column, level = 'fail' } = rule;
    const name = identifier(column);
    const add = (what: string, more: Partial<Check>) => checks.push({ what: `\`${column}\` ${what}`, level, ...more });
    const type = types.get(column);
    add('is there', { found: type === undefined ? 1 : 0 });
    if (type === undefined) continue;
    const wanted = rule.type && rule.type !== 'any' ? rule.type : undefined;
    if (wanted)
      add(`is ${typeNames[wanted]}${groups[wanted]!.test(type) ? '' : ` (it is ${type})`}`, {
        found: groups[wanted]!.test(type) ? 0 : 1,
      });
    const missing = rule.maxMissingShare ?? 1;
    if (missing < 1)
      add(missing === 0 ? 'is never missing' : `is missing in at most ${percent(missing)} of rows`, {
        broken: `${name} is null${/^(FLOAT|DOUBLE)$/.test(type) ? ` or isnan(${name})` : ''}`,
        tolerated: (rowCount) => Math.floor(missing * rowCount + 1e-9),
      });
    const isNumber = groups.number!.test(type);
    const side = (value: number | string) => (isNumber ? numberIn(value) : `${literal(String(value))}::${type}`);
    if (rule.min !== undefined && rule.min !== null && rule.min !== '')
      add(`is ${rule.min} or more`, { broken: `${name} < ${side(rule.min)}` });
    if (rule.max !== undefined && rule.max !== null && rule.max !== '')
      add(`is ${rule.max} or less`, { broken: `${name} > ${side(rule.max)}` });
    if (rule.allowed?.length)
      add(`is one of ${rule.allowed.slice(0, 8).map(String).join(', ')}${rule.allowed.length > 8 ? ' …' : ''}`, {
        broken: `${name}::varchar not in (${rule.allowed.map((value) => `${literal(String(value))}::${/^(VARCHAR|BOOLEAN)$/.test(type) || isNumber ? type : 'varchar'}::varchar`).join(', ')})`,
      });
    if (rule.pattern)
      add(`looks like ${rule.pattern}`, {
        broken: `not regexp_full_match(${name}::varchar, ${literal(rule.pattern)})`,
      });
    if (rule.unique) add('has no value twice', { count: `count(${name}) - count(distinct ${name})` });
  }
  if (onlyThese) {
    const known = new Set(columns.map((rule) => rule.column));
    const others = [...types.keys()].filter((name) => !known.has(name));
    checks.push({
      what: `there are no other columns${others.length ? ` (${others.slice(0, 10).join(', ')})` : ''}`,
      level: 'fail',
      found: others.length,
    });
  }
  checks.push({
    what: `there are at least ${minRows} rows`,
    level: 'fail',
    count: `greatest(0, ${minRows} - count(*))`,
  });
  if (maxRows !== undefined && maxRows !== null)
    checks.push({
      what: `there are at most ${maxRows} rows`,
      level: 'fail',
      count: `greatest(0, count(*) - ${maxRows})`,
    });
  if (key.length) {
    table.require(...key);
    const names = key.map(identifier).join(', ');
    checks.push({
      what: `${key.map((each) => `\`${each}\``).join(', ')} name${key.length === 1 ? 's' : ''} one row`,
      level: 'fail',
      count: `count(*) - count(distinct (${names}))`,
    });
  }
  for (const { name, condition, level = 'fail' } of rules)
    checks.push({
      what: name ? `${name} (\`${condition}\`)` : `\`${condition}\``,
      level,
      broken: `not (${condition.trim().replace(/;$/, '')}\n)`,
    });
  return checks;
}

async function count(table: Table, checks: Check[]): Promise<number> {
  const asked = checks.filter((check) => check.found === undefined);
  const parts = asked.map((check, index) => `${check.count ?? `count(*) filter (where ${check.broken})`} as c${index}`);
  let row: Row;
  try {
    row = (
      await query(`select count(*) as n${parts.map((part) => `, ${part}`).join('')} from this`, {
        tables: { this: table },
      })
    )[0]!;
  } catch {
    // One rule that cannot be asked must not hide which one it is.
    for (const check of asked)
      await query(`select ${check.count ?? `count(*) filter (where ${check.broken})`} from this`, {
        tables: { this: table },
      }).catch((error: Error) => {
        throw new Error(
          `The check "${check.what.replaceAll('`', '')}" cannot be asked: ${error.message.replace(/ \(line .*$/, '')}`,
        );
      });
    throw new Error('The checks could not be asked together.');
  }
  asked.forEach((check, index) => {
    check.found = Number(row[`c${index}`]);
  });
  return Number(row.n);
}

async function exampleOf(table: Table, broken: string): Promise<string> {
  const rows = await query(`select * from this where ${broken} limit 1`, { tables: { this: table } });
  const parts = Object.entries(rows[0] ?? {})
    .slice(0, 12)
    .map(
      ([name, value]) =>
        `${name}: ${value instanceof Date ? value.toISOString().slice(0, 19) : String(value).slice(0, 40)}`,
    );
  return parts.join(', ');
}

function numberIn(text: number | string): string {
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new Error(`"${text}" is no number, and the column holds numbers. Correct the smallest or the largest value.`);
  return String(value);
}

const percent = (share: number): string => `${Math.round(share * 10_000) / 100} %`;

function sentence(check: Check, rowCount: number): string {
  const text = check.what.replaceAll('`', '');
  const times = check.found ?? 0;
  if (!check.broken)
    return `"${text}" does not hold${check.count && !/rows$/.test(text) ? ` for ${times} of ${rowCount} rows` : ''}.`;
  return `"${text}" does not hold for ${times} of ${rowCount} rows${check.example ? `, such as ${check.example.slice(0, 160)}` : ''}.`;
}

function reportOf(checks: Check[], isBroken: (check: Check) => boolean, rowCount: number): string {
  const broken = checks.filter(isBroken).length;
  const lines = checks.map((check) => {
    const state = !isBroken(check) ? '✓ holds' : check.level === 'fail' ? '✗ **broken**' : '! warning';
    const rows = check.broken || check.count ? String(check.found) : '';
    return `| ${state} | ${check.what.replaceAll('|', '\\|')} | ${rows} | ${(check.example ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ')} |`;
  });
  const head =
    broken === 0
      ? `All ${checks.length} checks hold over ${rowCount} rows.`
      : `${broken} of ${checks.length} checks do not hold over ${rowCount} rows.`;
  return [
    `# Table check`,
    '',
    head,
    '',
    '| | Check | Rows that break it | For example |',
    '|---|---|---:|---|',
    ...lines,
    '',
  ].join('\n');
}

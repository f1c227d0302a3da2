import { expect, test } from 'vitest';
import { readTypeScript } from './typescript.ts';

const ports = (code: string) => {
  const { inputs, outputs } = readTypeScript(code);
  const short = (port: { name: string; kind: string; many?: boolean; optional?: boolean }) =>
    `${port.name}${port.optional ? '?' : ''}: ${port.kind}${port.many ? '[]' : ''}`;
  return `${inputs.map(short).join(', ')} -> ${outputs.map(short).join(', ')}`;
};

test.each([
  ['export default function run(flights: Table): Table {}', 'flights: table -> table: table'],
  [
    'export default async (a: drawloom.Table, b?: Table): Promise<[Table, Metrics]> => x',
    'a: table, b?: table -> table: table, metrics: metrics',
  ],
  [
    'export function f(parts: Table[], m: Model | undefined): { train: Table; test: Table } {}',
    'parts: table[], m?: model -> train: table, test: table',
  ],
  [
    'export const f = (a: readonly Table[], b: Array<File>, ...c: Figure[]): [left: Table, right: Table] => x',
    'a: table[], b: file[], c: figure[] -> left: table, right: table',
  ],
  ['export function f(a: Table): [Table, Table] {}', 'a: table -> table_1: table, table_2: table'],
  [
    'export function first(a: Table): Table {}\nexport function last(b: Model): Document {}',
    'b: model -> document: document',
  ],
  ['export default function main(a: Table): Table {}\nexport function other(b: Model) {}', 'a: table -> table: table'],
  ['function f(a: Folder): void {}\nexport { f as default };', 'a: folder -> '],
  ['const f = (n: number, o, u: unknown): number => 1;\nexport default f;', 'n: value, o: any, u: any -> value: value'],
  ['type Out = { best: Model };\nexport default function f(a: Table): Out {}', 'a: table -> best: model'],
])('%s', (code, expected) => {
  expect(readTypeScript(code).problems).toEqual([]);
  expect(ports(code)).toBe(expected);
});

test('the last object parameter is the form', () => {
  const { parameters, inputs } = readTypeScript(`export default function train(
    flights: Table,
    { learningRate = 0.1, kind = 'a', seed = 7, name, drop = ['x'], verbose = false }: {
      /** How far each step goes. */
      learningRate?: number; kind?: 'a' | 'b'; seed?: Integer; name: string; drop?: string[]; verbose?: boolean; weights?: Record<string, number>
    },
  ): Model {}`);
  expect(inputs).toEqual([{ name: 'flights', kind: 'table' }]);
  expect(parameters).toEqual({
    type: 'object',
    properties: {
      learningRate: { title: 'Learning rate', type: 'number', description: 'How far each step goes.', default: 0.1 },
      kind: { title: 'Kind', enum: ['a', 'b'], default: 'a' },
      seed: { title: 'Seed', type: 'integer', default: 7 },
      name: { title: 'Name', type: 'string' },
      drop: { title: 'Drop', type: 'array', items: { type: 'string' }, default: ['x'] },
      verbose: { title: 'Verbose', type: 'boolean', default: false },
      weights: { title: 'Weights', type: 'object', additionalProperties: { type: 'number' } },
    },
    required: ['name'],
    additionalProperties: false,
  });
});

test('an interface, and defaults without types, make a form too', () => {
  const code = 'interface Options { top: number }\nexport function f(a: Table, options: Options): Table {}';
  expect(readTypeScript(code).parameters).toMatchObject({ properties: { top: { type: 'number' } }, required: ['top'] });
  expect(readTypeScript("export function f(a: Table, { n = -2, s = 'x\\n' }): Table {}").parameters).toMatchObject({
    properties: { n: { type: 'number', default: -2 }, s: { type: 'string', default: 'x\n' } },
    required: [],
  });
});

test('half-typed code keeps what can be read', () => {
  expect(ports('export function f(a: Table, b: Ta')).toBe('a: table, b: value -> ');
  expect(ports('export default function f(a: Table, b: Model): Table {\n  const x = [1, 2')).toBe(
    'a: table, b: model -> table: table',
  );
  expect(readTypeScript('export default function f(a: Table): Table {\n  const x = [1, 2').problems[0]).toMatchObject({
    code: 'typescript_syntax',
    line: 2,
  });
});

test.each([
  ['', 'typescript_no_function', 1],
  ['const x = 1;', 'typescript_no_function', 1],
  ['export function f(a: Tabel): Table {}', 'typescript_unknown_type', 1],
  ['\nexport function f(a: Table) {}', 'typescript_no_return_type', 2],
])('%s is told', (code, problem, line) => {
  expect(readTypeScript(code).problems[0]).toMatchObject({ code: problem, line });
});

test('what is caught may have its type written', () => {
  const code =
    'try {\n  a();\n} catch (problem: unknown) {} try {} catch ( e : any ) {}\nexport function f(t: Table): number { return 1; }\n';
  expect(readTypeScript(code)).toMatchObject({ problems: [], inputs: [{ name: 't' }] });
});

test('hostile code ends', () => {
  for (const code of [
    `export function f(a: ${'A<'.repeat(50_000)}`,
    '('.repeat(100_000),
    'x => {'.repeat(20_000),
    'export function f({ a = '.repeat(5_000),
    `catch (${' '.repeat(250_000)}: any`,
    'catch ( a :'.repeat(20_000),
  ])
    expect(readTypeScript(code).problems.length).toBeGreaterThan(0);
});

test.each([')', '"', 'a', 'def ', 'import a\n', '/*', '-', '<', '!'])(
  '256 kB of %j cost a moment and not minutes, though hardly a mark of it is TypeScript',
  (text) => {
    const started = performance.now();
    expect(readTypeScript(text.repeat(262_144 / text.length)).problems.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(60_000);
  },
);

test('a function below a few mistakes is read all the same', () => {
  const code = `${'const x = ) 1;\n'.repeat(50)}export function f(t: Table): number { return 1; }\n`;
  expect(readTypeScript(code).inputs).toEqual([{ name: 't', kind: 'table' }]);
});

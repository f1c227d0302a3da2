import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Column, Port } from '@drawloom/shared/node-type/ports.ts';
import { bindParameters } from '@drawloom/shared/pipeline/checks.ts';
import { signatureOf } from '@drawloom/shared/signature/index.ts';
import { describe, expect, test } from 'vitest';
import type { OutputMessage } from '../execute/node-host/message.ts';
import { duck, type Expected, exampleOf, type Given, plain, runExample } from './carryOut.testing.ts';
import { catalog, codeOf, fileParameters } from './catalog.ts';
import { drawn, flowOf } from './drawnNode.testing.ts';

async function check(found: OutputMessage | undefined, expected: Expected, job: string): Promise<void> {
  expect(found).toBeDefined();
  const file = path.join(job, found!.path);
  if (expected.mediaType) expect(found!.mediaType).toBe(expected.mediaType);
  if (expected.rowCount !== undefined) expect(found!.rowCount).toBe(expected.rowCount);
  if (expected.columns)
    expect(found!.columns!.map((column) => `${column.name} ${column.type}`)).toEqual(expected.columns);
  if (expected.rows) expect(plain(await duck(`from read_parquet('${file}')`))).toEqual(expected.rows);
  if (expected.facts) expect(found!.facts).toMatchObject(expected.facts);
  if (expected.value !== undefined) expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(expected.value);
  if (expected.metrics) {
    const metrics = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    for (const [key, value] of Object.entries(expected.metrics)) expect(metrics[key], key).toBeCloseTo(value, 6);
  }
  for (const part of expected.contains ?? []) expect(readFileSync(file, 'utf8')).toContain(part);
}

describe('every node type', () => {
  test('has one folder, and every folder is one', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...catalog.keys()]).toEqual(folders.map((entry) => entry.name).sort());
  });

  test.each([...catalog.values()].filter((type) => type.language).map((type) => [type.type, type] as const))(
    '%s carries out its example',
    async (name, type) => {
      expect(existsSync(path.join(import.meta.dirname, name, 'example.json'))).toBe(true);
      const outcome = await runExample(name);
      expect(outcome.failure?.error, outcome.logs).toBeUndefined();
      for (const [port, expected] of Object.entries(exampleOf(type.type).outputs!))
        await check(outcome.outputs[port], expected, outcome.folder);
    },
    120_000,
  );
});

const telling = [...catalog.values()].filter((type) => type.columns && type.language);
test.each(telling.map((type) => [type.type, type] as const))(
  '%s gives the columns that it tells of',
  async (name, type) => {
    const example = exampleOf(name);
    const given = Object.fromEntries(
      Object.entries((example.inputs ?? {}) as Record<string, Given>).flatMap(([port, { rows }]) =>
        rows ? [[port, Object.keys(rows[0]!).map((name): Column => ({ name, type: '' }))]] : [],
      ),
    );
    const told = flowOf(drawn(name, example.parameters, given));
    const done = await runExample(name);
    expect(done.failure?.error, done.logs).toBeUndefined();
    for (const port of Object.keys(type.columns!)) {
      const gave = done.outputs[port]?.columns;
      if (!gave) continue;
      const tells = told.gives('node', port);
      if ('unknown' in tells) continue;
      const names = gave.map((column) => column.name);
      if (tells.more === undefined) expect(tells.columns.map((column) => column.name)).toEqual(names);
      else expect(tells.columns.map((column) => column.name)).toEqual(expect.arrayContaining(names));
      for (const column of tells.columns)
        if (column.type !== '')
          expect(gave).toContainEqual(expect.objectContaining({ name: column.name, type: column.type }));
    }
  },
  120_000,
);

const own = [...catalog.values()].filter((type) => type.code === 'own' && type.language);
test.each(own.map((type) => [type.type, type] as const))(
  '%s declares the ports and parameters that its code has',
  (_, type) => {
    const signature = signatureOf(type.language!, codeOf(type)!);
    expect(signature.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    const short = (port: Port) => `${port.name}: ${port.kind}${port.many ? '[]' : ''}${port.optional ? '?' : ''}`;
    const hidden = fileParameters(type).map((name) => `${name}: file`);
    expect(signature.inputs.map(short)).toEqual([...hidden, ...type.inputs.map(short)]);
    expect(signature.outputs.map((port) => `${port.name}: ${port.kind}`)).toEqual(
      type.outputs.map((port) => `${port.name}: ${port.kind}`),
    );
    const names = (schema: NodeType['parameters']) => Object.keys((schema.properties ?? {}) as object).sort();
    if (names(signature.parameters).length || type.language === 'python')
      expect(names(signature.parameters)).toEqual(names(type.parameters));
  },
);

test.each([...catalog.values()].filter((type) => type.language).map((type) => [type.type, type] as const))(
  '%s takes its example from the form',
  (name, type) => {
    const schema =
      type.code === 'user' ? signatureOf(type.language!, exampleOf(name).code!).parameters : type.parameters;
    const bound = bindParameters(schema, exampleOf(name).parameters as Record<string, Json>, {});
    expect('issues' in bound ? bound.issues : []).toEqual([]);
  },
);

test('the form fills in what is not set, inside a chosen form as well', () => {
  const schema = catalog.get('train')!.parameters;
  expect(bindParameters(schema, { target: 'late' }, {})).toMatchObject({
    values: { target: 'late', features: [], estimator: { name: 'hist_gradient_boosting_classifier' } },
  });
  const ridge = { target: 'x', estimator: { name: 'ridge' } };
  expect(bindParameters(schema, ridge, {})).toMatchObject({ values: { estimator: { name: 'ridge', alpha: 1 } } });
  const wrong = { target: 'x', estimator: { name: 'ridge', alpha: -1 } };
  expect(bindParameters(schema, wrong, {})).toMatchObject({ issues: [{ path: ['estimator', 'alpha'] }] });
});

test.each([...catalog.values()].map((type) => [type.type, type] as const))(
  '%s tells people what it does',
  (_, type) => {
    expect(type.summary.length).toBeLessThanOrEqual(60);
    expect(type.description.length).toBeGreaterThan(60);
    if (type.code === 'user') expect(signatureOf(type.language!, type.template!).problems).toEqual([]);
    for (const name of type.card ?? [])
      expect((type.parameters.properties as object | undefined) ?? {}).toHaveProperty(name);
  },
);

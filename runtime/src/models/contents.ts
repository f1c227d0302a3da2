/// <reference path="./js-yaml.d.ts" />
/**
 * Decides what is told of a model's files: what it takes and gives, and what it needs to be loaded. Only texts are read (`MLmodel`, its
 * requirements, its example), each as data with a bound on its length; nothing of a model is ever loaded.
 */
import type { ModelContents, ModelFile, ModelSignature, SignatureField } from '@drawloom/shared/api/models.ts';
import { type Json, parseJson } from '@drawloom/shared/json.ts';
import { CORE_SCHEMA, load } from 'js-yaml';
import type { ArtifactStore } from '../artifacts/store.ts';

type Reader = Pick<ArtifactStore, 'open'>;
type Table = Record<string, unknown>;

const longest = { description: 512 * 1024, requirements: 64 * 1024, example: 16 * 1024 };
const jsonLimits = { maxLength: longest.description, maxDepth: 30, maxValues: 20_000 };
/** So many columns, packages and flavors are told. */
const most = 2000;

export async function readContents(store: Reader, files: readonly ModelFile[]): Promise<ModelContents> {
  const text = async (path: string, bound: number): Promise<string | null> => {
    const file = files.find((one) => one.path === path);
    return file && file.sizeBytes <= bound ? readText(store, file.sha256) : null;
  };
  const told = await text('MLmodel', longest.description);
  if (told === null) return { ...nothing, problem: files.length === 0 ? null : unread };
  const model = readYaml(told);
  if (!model) return { ...nothing, problem: unread };
  const requirements = await text('requirements.txt', longest.requirements);
  const python = readYaml((await text('python_env.yaml', longest.requirements)) ?? '');
  const example = textOf(tableOf(model.saved_input_example_info)?.artifact_path);
  const flavors = tableOf(model.flavors) ?? {};
  const version = textOf(python?.python) ?? textOf(tableOf(flavors.python_function)?.python_version);
  return {
    flavors: Object.entries(flavors)
      .slice(0, most)
      .map(([name, flavor]) => ({ name, version: versionOf(name, tableOf(flavor) ?? {}) })),
    signature: signatureIn(tableOf(model.signature)),
    environment:
      requirements === null && version === null ? null : { python: version, packages: packagesIn(requirements ?? '') },
    inputExample: example === null ? null : { path: example, text: await text(example, longest.example) },
    problem: null,
  };
}

const unread = 'It has no MLmodel that can be read, so that nothing is known of its signature and environment.';
const nothing = { flavors: [], signature: null, environment: null, inputExample: null };

async function readText(store: Reader, sha256: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of await store.open(sha256)) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** YAML as plain values: no types beyond JSON's, and an alias is the same value again, never a copy. Null for what is no table. */
function readYaml(text: string): Table | null {
  try {
    return tableOf(load(text, { schema: CORE_SCHEMA }));
  } catch {
    return null;
  }
}

const tableOf = (value: unknown): Table | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : null;
const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 1000) : null;

/** Flavors name their version after themselves: sklearn has sklearn_version, others a library's name. */
const versionOf = (name: string, flavor: Table): string | null =>
  textOf(flavor[`${name}_version`]) ??
  textOf(Object.entries(flavor).find(([key]) => key.endsWith('_version') && key !== 'python_version')?.[1]);

const packagesIn = (requirements: string): string[] =>
  requirements
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, most)
    .map((line) => line.slice(0, 500));

function signatureIn(told: Table | null): ModelSignature | null {
  if (!told) return null;
  const fields = (key: string) => fieldsIn(textOfJson(told[key]));
  return { inputs: fields('inputs'), outputs: fields('outputs'), params: fields('params') };
}

/** The three parts of a signature are JSON within the YAML. */
function textOfJson(value: unknown): Json[] {
  if (typeof value !== 'string') return [];
  const read = parseJson(value, jsonLimits);
  return 'value' in read && Array.isArray(read.value) ? read.value : [];
}

const fieldsIn = (told: readonly Json[]): SignatureField[] =>
  told.slice(0, most).flatMap((one) => {
    const field = tableOf(one);
    if (!field) return [];
    const type = typeOf(field);
    return [
      {
        name: textOf(field.name),
        type: Array.isArray(field.shape) ? `${type} ${JSON.stringify(field.shape).slice(0, 100)}` : type,
        required: field.required !== false && field.optional !== true,
        ...('default' in field && { default: field.default as Json }),
      },
    ];
  });

/** `double`, `tensor float64 [-1,28,28]`, `array of string`. */
function typeOf(field: Table, depth = 0): string {
  const type = textOf(field.type) ?? textOf(field.dtype) ?? 'any';
  const tensor = tableOf(field['tensor-spec']);
  if (tensor) return `tensor ${textOf(tensor.dtype) ?? ''} ${JSON.stringify(tensor.shape ?? []).slice(0, 100)}`;
  const items = tableOf(field.items) ?? tableOf(field.values);
  return items && depth < 5 ? `${type} of ${typeOf(items, depth + 1)}` : type;
}

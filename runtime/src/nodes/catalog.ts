/** Decides which node types there are: every folder beside this file with a `definition.ts`, found by name and checked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Catalog, catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import { typeless } from '../typeless/index.ts';

const folder = import.meta.dirname;
const codeFiles = { python: 'main.py', typescript: 'main.ts', sql: 'main.sql' } as const;

async function findTypes(): Promise<NodeType[]> {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, 'definition.ts')))
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map(readType));
}

async function readType(name: string): Promise<NodeType> {
  const { definition } = (await import(pathToFileURL(path.join(folder, name, 'definition.ts')).href)) as {
    definition: NodeType;
  };
  if (definition.type !== name)
    throw new Error(`The node type in nodes/${name} calls itself "${definition.type}". Give folder and type one name.`);
  const file = sourceOf(definition);
  if (file && !existsSync(file))
    throw new Error(`The node type "${name}" has no code. Write ${path.basename(file)} beside its definition.`);
  return definition;
}

/** All node types of this house, by name. */
export const catalog: Catalog = catalogOf(await findTypes());

function sourceOf(type: NodeType): string | undefined {
  return type.code === 'own' && type.language ? path.join(folder, type.type, codeFiles[type.language]) : undefined;
}

/** The file to run for a type's own code, its types taken away; undefined when its nodes carry theirs. */
export function codeFile(type: NodeType): string | undefined {
  const file = sourceOf(type);
  return file && type.language === 'typescript' ? typeless(file) : file;
}

const texts = new Map<string, string>();
/** The text of a type's own code as it was written, read once. */
export function codeOf(type: NodeType): string | undefined {
  const file = sourceOf(type);
  if (!file) return undefined;
  let text = texts.get(file);
  if (text === undefined) {
    text = readFileSync(file, 'utf8');
    texts.set(file, text);
  }
  return text;
}

export { fileParameters } from './define.ts';

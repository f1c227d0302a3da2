/**
 * Decides what of an attempt's folder becomes an artifact: what it told, at the ports it declares, of the kinds it declares,
 * and nothing that leads out of its folder. Called once no process of the attempt is left that could change anything.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Json } from '@drawloom/shared/json.ts';
import { Column, nameOfKind, type Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import * as z from 'zod';
import { type ArtifactStore, type PutLimits, UnfitError } from '../artifacts/store.ts';
import type { Mask } from '../logs/mask.ts';
import type { OutputArtifact } from './executor.ts';

/** What node code, or the host beside it, tells of one output. It comes from the sandbox, so it is believed only as far as it is checked. */
export const OutputMessage = z.object({
  port: z.string().max(200),
  kind: PortKind,
  path: z.string().min(1).max(4096),
  mediaType: z
    .string()
    .max(200)
    .regex(/^[\w.+-]+\/[\w.+-]+(?:;\s?[\w.+-]+=[\w.+-]+)*$/),
  position: z.int().min(0).optional(),
  rowCount: z.int().min(0).nullish(),
  columns: z.array(Column).max(100_000).nullish(),
  facts: z.record(z.string(), Json).nullish(),
  profile: Json.optional(),
  item: z.string().max(500).optional(),
});
export type OutputMessage = z.infer<typeof OutputMessage>;

export class BadOutput extends Error {
  override name = 'BadOutput';
}

export async function collectOutputs(
  store: ArtifactStore,
  name: string,
  ports: readonly Port[],
  told: readonly OutputMessage[],
  jobFolder: string,
  mask: Mask,
  limits: PutLimits,
): Promise<OutputArtifact[]> {
  const declared = new Map(ports.map((port) => [port.name, port]));
  const places = new Set<string>();
  for (const output of told) {
    const port = declared.get(output.port);
    if (!port) throw new BadOutput(`"${name}" gave an output "${output.port}", which it does not declare.`);
    if (port.kind !== 'any' && port.kind !== output.kind)
      throw new BadOutput(
        `"${name}" declares ${nameOfKind(port.kind)} at "${port.name}", but gave ${nameOfKind(output.kind)}.`,
      );
    const place = `${output.port} ${output.position ?? 0}`;
    if (places.has(place) || ((output.position ?? 0) > 0 && !port.many))
      throw new BadOutput(`"${name}" gave "${output.port}" more than once.`);
    places.add(place);
  }
  for (const port of ports)
    if (!port.optional && !told.some((output) => output.port === port.name))
      throw new BadOutput(`"${name}" ended without giving "${port.name}", ${nameOfKind(port.kind)} that it declares.`);
  const job = await realpath(jobFolder);
  const kept: OutputArtifact[] = [];
  for (const output of told) {
    const file = await placeOf(job, output, name);
    await look(file, output, name);
    if (await holdsSecret(file, output, mask))
      throw new BadOutput(
        `"${name}" gave ${nameOfKind(output.kind)} at "${output.port}" that holds a secret, and outputs are kept for everybody to see. Leave it out.`,
      );
    kept.push(await keep(store, file, output, limits));
  }
  return kept;
}

async function placeOf(job: string, output: OutputMessage, name: string): Promise<string> {
  const wrong = new BadOutput(
    `"${name}" says that "${output.port}" lies at ${JSON.stringify(output.path.slice(0, 200))}, and there is none in its folder.`,
  );
  if (path.isAbsolute(output.path) || output.path.includes('\0')) throw wrong;
  const file = path.join(job, output.path);
  // The last part is not followed when it is opened; the way to it is looked at here.
  const parent = await realpath(path.dirname(file)).catch(() => undefined);
  if (parent === undefined || file === job || (parent !== job && !parent.startsWith(`${job}/`))) throw wrong;
  return path.join(parent, path.basename(file));
}

const largestLookedAt = 64 * 2 ** 20;

/** What is written into an output by mistake is found before it is kept. Larger files are not looked through, nor is what is packed. */
async function holdsSecret(file: string, output: OutputMessage, mask: Mask): Promise<boolean> {
  if (mask.isEmpty) return false;
  const { columns, facts, profile } = output;
  const told = JSON.stringify({ columns, facts, profile });
  if (mask.text(told) !== told) return true;
  const isFolder = (await lstat(file).catch(() => undefined))?.isDirectory() ?? false;
  const below = isFolder ? await readdir(file, { withFileTypes: true, recursive: true }) : [];
  const files = isFolder
    ? below.filter((each) => each.isFile()).map((each) => path.join(each.parentPath, each.name))
    : [file];
  for (const each of files) {
    const handle = await openPlain(each);
    if (!handle) continue;
    try {
      const facts = await handle.stat();
      if (facts.isFile() && facts.size <= largestLookedAt && mask.isIn(await handle.readFile())) return true;
    } finally {
      await handle.close();
    }
  }
  return false;
}

/** Whether the bytes are what they are said to be, as far as a look at them can tell. */
async function look(file: string, output: OutputMessage, name: string): Promise<void> {
  const say = (what: string) =>
    new BadOutput(`"${name}" gave ${nameOfKind(output.kind)} at "${output.port}" that ${what}.`);
  if (output.kind === 'table') {
    const ends = await bothEnds(file, 4);
    if (ends?.first.toString() !== 'PAR1' || ends.last.toString() !== 'PAR1') throw say('is no Parquet file');
    if (!output.columns || output.rowCount === undefined || output.rowCount === null)
      throw say('does not tell its columns and rows');
  }
  if (output.kind !== 'metrics' && output.kind !== 'value') return;
  const handle = await openPlain(file);
  if (!handle) throw say('is no file');
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw say('is no file');
    if (facts.size > largestLookedAt) {
      if (output.kind === 'metrics') throw say('is too large for metrics');
      return;
    }
    const value = JSON.parse(await handle.readFile('utf8')) as unknown;
    if (output.kind !== 'metrics') return;
    const isNumbers =
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(Number.isFinite);
    if (!isNumbers) throw say('are no names with finite numbers');
  } catch (error) {
    if (error instanceof SyntaxError) throw say('is no JSON');
    throw error;
  } finally {
    await handle.close();
  }
}

const openPlain = (file: string) =>
  open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);

async function bothEnds(file: string, bytes: number): Promise<{ first: Buffer; last: Buffer } | undefined> {
  const handle = await openPlain(file);
  if (!handle) return undefined;
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size < 2 * bytes) return undefined;
    const first = Buffer.alloc(bytes);
    const last = Buffer.alloc(bytes);
    await handle.read(first, 0, bytes, 0);
    await handle.read(last, 0, bytes, facts.size - bytes);
    return { first, last };
  } finally {
    await handle.close();
  }
}

async function keep(
  store: ArtifactStore,
  file: string,
  output: OutputMessage,
  limits: PutLimits,
): Promise<OutputArtifact> {
  const { port, kind, mediaType, position, rowCount, columns, facts, profile, item } = output;
  const about = {
    port,
    kind,
    mediaType,
    ...(position !== undefined && { position }),
    ...(columns && { columns }),
    ...(rowCount !== undefined && rowCount !== null && { rowCount }),
    ...(facts && { facts }),
    ...(profile !== undefined && { profile }),
    ...(item !== undefined && { itemName: item }),
  };
  try {
    if (kind === 'folder' || kind === 'model') return { ...about, ...(await store.adoptFolder(file, limits)) };
    return { ...about, ...(await store.adopt(file, limits)) };
  } catch (error) {
    if (error instanceof UnfitError) throw new BadOutput(`"${port}" cannot be kept. ${error.message}`);
    throw error;
  }
}

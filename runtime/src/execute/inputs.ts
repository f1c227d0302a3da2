/** Decides what an attempt finds in its folder of inputs: the declared artifacts, found whole before it starts, under plain names. */
import type { ArtifactStore } from '../artifacts/store.ts';
import type { InputArtifact, OutputArtifact, Work } from './executor.ts';
import type { Slot } from './sandbox/slot.ts';

export interface InputMessage {
  port: string;
  kind: string;
  position: number;
  many: boolean;
  mediaType: string;
  path: string;
  columns?: InputArtifact['columns'];
  rowCount?: number | null;
  item?: string;
}

type Kept = Pick<OutputArtifact, 'sha256' | 'sizeBytes' | 'members'>;

/** The first file of these artifacts that the store does not hold whole; undefined when all are there. */
export async function firstUnsound(
  store: ArtifactStore,
  artifacts: readonly (Kept & { port: string })[],
): Promise<{ port: string; sha256: string; condition: 'missing' | 'damaged' } | undefined> {
  for (const { port, sha256, sizeBytes, members } of artifacts) {
    const files = members ?? [{ sha256, sizeBytes }];
    for (const file of files) {
      const condition = await store.verify(file.sha256, { sizeBytes: file.sizeBytes });
      if (condition !== 'whole') return { port, sha256: file.sha256, condition };
    }
  }
  return undefined;
}

/** Links every input into the slot. `folder` is where the attempt itself sees them. */
export async function linkInputs(
  store: ArtifactStore,
  work: Work,
  slot: Slot,
  folder: string,
): Promise<InputMessage[]> {
  const many = new Set(work.inputPorts.filter((port) => port.many).map((port) => port.name));
  return Promise.all(
    work.inputs.map(async (input) => {
      const name = nameOf(input, many.has(input.port));
      if (input.members) {
        for (const member of input.members)
          await slot.link(await store.localFile(member.sha256), `${name}/${member.path}`);
      } else await slot.link(await store.localFile(input.sha256), name);
      return {
        port: input.port,
        kind: input.kind,
        position: input.position,
        many: many.has(input.port),
        mediaType: input.mediaType,
        path: `${folder}/${name}`,
        ...(input.columns && { columns: input.columns }),
        ...(input.rowCount !== null && { rowCount: input.rowCount }),
        ...(input.itemName !== undefined && { item: input.itemName }),
      };
    }),
  );
}

/** By port, and by place where several arrive at one; names that people gave to files stay outside. */
function nameOf(input: InputArtifact, many: boolean): string {
  const ending = input.members ? '' : (endings[input.mediaType] ?? '.bin');
  return `${input.port}${many ? `.${input.position}` : ''}${ending}`;
}

const endings: Record<string, string> = {
  'application/vnd.apache.parquet': '.parquet',
  'application/json': '.json',
  'application/x-ndjson': '.jsonl',
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'text/markdown': '.md',
  'text/html': '.html',
  'text/plain': '.txt',
  'image/svg+xml': '.svg',
  'image/png': '.png',
  'image/jpeg': '.jpg',
};

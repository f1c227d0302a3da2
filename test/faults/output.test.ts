/** Nodes that print without end. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { expect } from 'vitest';
import { readLog } from '../../runtime/src/logs/read.ts';
import { fault } from './faults.ts';

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

fault(
  'a node that prints without end fills neither memory nor disk, and its first and last lines can be read',
  { short: 1, full: 50 },
  async (house, times) => {
    const megabytes = 200 * times;
    const worker = await house.hire();
    await house.start();
    await house.over();
    const before = residentMb(worker.pid);
    const document = emptyPipeline('talks');
    document.nodes.talks = {
      type: 'typescript',
      name: 'Talks',
      parameters: { megabytes },
      code: `import { writeSync } from 'node:fs';
export default function talk({ megabytes = 1 }: { megabytes?: number }): number {
  writeSync(1, 'the first line\\n');
  const block = Buffer.from(('x'.repeat(99) + '\\n').repeat(10_000));
  for (let written = 0; written < megabytes; written++)
    for (let at = 0; at < block.length; ) at += writeSync(1, block, at);
  writeSync(1, 'the last line\\n');
  return megabytes;
}`,
    };
    const run = await house.startDocument(document);
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, residentMb(worker.pid));
    }, 20);
    await house.over();
    clearInterval(watching);
    expect(await house.sql`select status from drawloom.node_run where run_id = ${run}`).toEqual([
      { status: 'succeeded' },
    ]);
    expect(most - before).toBeLessThan(150);
    const chunks = await house.sql<{ byteOffset: number; sizeBytes: number; file: string; fileOffset: number }[]>`
    select byte_offset::float8 as "byteOffset", size_bytes::int as "sizeBytes", file, file_offset::float8 as "fileOffset"
    from drawloom.log_chunk where run_id = ${run} order by sequence`;
    const last = chunks.at(-1)!;
    const total = last.byteOffset + last.sizeBytes;
    expect(total).toBeGreaterThan(megabytes * 1_000_000);
    const logs = path.join(house.home, 'logs');
    const text = async (from: number, to: number) => (await readLog(logs, chunks, { from, to })).bytes.toString();
    expect(await text(0, 100)).toContain('the first line');
    expect(await text(total - 100, total)).toContain('the last line');
  },
);

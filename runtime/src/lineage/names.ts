/**
 * Decides what runs, jobs and data sets are called outside of the house. Names are rules, not rows: whoever knows what they are made
 * of finds the same name again, and a message that is sent twice is about the same run.
 */
import { createHash } from 'node:crypto';

/** What jobs and data sets of a project stand under, unless a receiver wants another word. */
export const namespaceOf = (slug: string): string => `drawloom/${slug}`;

export const pipelineJob = (pipeline: string): string => pipeline;
export const nodeJob = (pipeline: string, node: string): string => `${pipeline}.${node}`;
/** What a node gives at a port, whichever run made it; which bytes those were is the data set's version. */
export const outputSet = (pipeline: string, node: string, port: string): string => `${pipeline}.${node}.${port}`;
/** A file of the project's data folder, or one that was uploaded. */
export const fileSet = (file: string): string => `data/${file}`;
export const fileOfSet = (name: string): string | null => (name.startsWith('data/') ? name.slice(5) : null);

export const runUuid = (projectId: string, run: number): string => uuidOf(projectId, `run ${run}`);
export const nodeRunUuid = (projectId: string, run: number, node: number, mapIndex = 0): string =>
  uuidOf(projectId, `run ${run} node ${node} ${mapIndex}`);

/**
 * A UUID by name, under the project's own id.
 * source  RFC 9562, section 5.5 (version 5)
 */
function uuidOf(projectId: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(projectId.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

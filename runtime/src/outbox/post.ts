/** Decides how a message goes to a web address: one POST within a time limit, no redirect followed, and no more read than is shown. */
import http from 'node:http';
import https from 'node:https';
import { type Network, reach } from './addresses.ts';

export const shownBytes = 1024;

export interface Posted {
  status: number;
  /** The first kilobyte of the answer. */
  answer: string;
}

export interface PostOptions {
  internalNetworks: readonly Network[];
  timeoutMs?: number;
}

export class InTheClearError extends Error {
  override name = 'InTheClearError';
  constructor() {
    super('Messages go over https only, unless the receiver is in a network that the operator named as internal.');
  }
}

/** throws  AddressRefusedError, InTheClearError, or what the network says */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  { internalNetworks, timeoutMs = 10_000 }: PostOptions,
): Promise<Posted> {
  const target = new URL(url);
  const signal = AbortSignal.timeout(timeoutMs);
  const { address, family, internal } = await reach(target.hostname, internalNetworks);
  if (target.protocol !== 'https:' && !internal) throw new InTheClearError();
  const program = target.protocol === 'https:' ? https : http;
  return new Promise((done, fail) => {
    const asked = program.request(
      target,
      {
        method: 'POST',
        agent: false,
        signal,
        // The address that was judged, whatever the name stands for by now.
        lookup: (_name, options, found) =>
          options.all ? found(null, [{ address, family }]) : found(null, address, family),
        headers: {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'Drawloom',
          ...headers,
        },
      },
      (answer) => {
        const kept: Buffer[] = [];
        let size = 0;
        const finish = () => {
          done({ status: answer.statusCode ?? 0, answer: textOf(Buffer.concat(kept)) });
          answer.destroy();
        };
        answer.on('data', (part: Buffer) => {
          kept.push(part);
          size += part.byteLength;
          if (size >= shownBytes) finish();
        });
        answer.on('end', finish);
        answer.on('error', fail);
      },
    );
    asked.on('error', (error) =>
      fail(signal.aborted ? new Error(`There was no answer within ${timeoutMs / 1000} s.`) : error),
    );
    asked.end(body);
  });
}

/** Bytes of a stranger as text that can be kept and shown. */
export const textOf = (bytes: Buffer | string): string =>
  Buffer.from(bytes as Buffer)
    .subarray(0, shownBytes)
    .toString('utf8')
    .replaceAll(/[\p{Cc}\uFFFD]+/gu, ' ')
    .trim();

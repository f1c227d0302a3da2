/** Decides how a message goes to a web address: one POST within a time limit, no redirect followed, and no more read than is shown. */
import http from 'node:http';
import https from 'node:https';
import { type Network, type Reached, reach } from './addresses.ts';
import { inTheClear, type Refusal, unsent, webRefusal } from './unsent.ts';

export const shownBytes = 1024;

export interface Posted {
  status: number;
  /** The first kilobyte of the answer. */
  answer: string;
  /** What the receiver has against the message; null when it took it. */
  refusal: Refusal | null;
}

export interface PostOptions {
  internalNetworks: readonly Network[];
  timeoutMs?: number;
}

/** throws  UnsentError when no answer came */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  { internalNetworks, timeoutMs = 10_000 }: PostOptions,
): Promise<Posted> {
  const target = new URL(url);
  const encrypted = target.protocol === 'https:';
  try {
    const reached = await reach(target.hostname, internalNetworks);
    if (!encrypted && !reached.internal) throw inTheClear(target.hostname);
    return await postTo(target, reached, headers, body, timeoutMs);
  } catch (cause) {
    throw unsent(cause, { host: target.hostname, port: Number(target.port) || (encrypted ? 443 : 80), timeoutMs });
  }
}

function postTo(
  target: URL,
  { address, family }: Reached,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
): Promise<Posted> {
  const program = target.protocol === 'https:' ? https : http;
  const signal = AbortSignal.timeout(timeoutMs);
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
          const status = answer.statusCode ?? 0;
          done({ status, answer: textOf(Buffer.concat(kept)), refusal: webRefusal(status) });
          answer.destroy();
        };
        answer.on('data', (part: Buffer) => {
          kept.push(part);
          size += part.byteLength;
          if (size >= shownBytes) finish();
        });
        answer.on('end', finish);
        answer.on('error', (error) => fail(signal.aborted ? signal.reason : error));
      },
    );
    asked.on('error', (error) => fail(signal.aborted ? signal.reason : error));
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

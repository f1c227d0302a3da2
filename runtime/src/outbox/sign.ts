/** Decides how a message shows whose it is, on its way out and on its way in: Standard Webhooks, an HMAC over id, time and body. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const drawSigningKey = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** A key of ours, or one that the other side gave: `whsec_` and at least 24 bytes in Base64. */
export const isSigningKey = (text: string): boolean =>
  /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text.slice(6), 'base64').length >= 24;

export function signed(key: string, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${macOf(key, id, timestamp, body).toString('base64')}`,
  };
}

export interface Signature {
  id: string;
  /** Seconds since 1970, as they were written. */
  timestamp: string;
  /** One or more `v1,…`, between spaces: a sender that changes its key signs with both. */
  signatures: string;
}

/** Whether one of the signatures was made with one of the keys. As many are compared, whichever fits. */
export function isSigned(keys: readonly string[], { id, timestamp, signatures }: Signature, body: Buffer): boolean {
  const given = signatures
    .split(' ')
    .slice(0, mostSignatures)
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice(3), 'base64'));
  let fits = false;
  for (const key of keys) {
    const right = macOf(key, id, timestamp, body);
    for (const one of given) if (one.length === right.length && timingSafeEqual(one, right)) fits = true;
  }
  return fits;
}
const mostSignatures = 10;

const macOf = (key: string, id: string, timestamp: string, body: string | Buffer): Buffer =>
  createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest();

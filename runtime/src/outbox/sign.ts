/** Decides how a receiver can tell that a message is ours: Standard Webhooks, an HMAC over id, time and body. */
import { createHmac, randomBytes } from 'node:crypto';

export const drawSigningKey = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** A key of ours, or one that the receiver gave: `whsec_` and at least 24 bytes in Base64. */
export const isSigningKey = (text: string): boolean =>
  /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text.slice(6), 'base64').length >= 24;

export function signed(key: string, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac.update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  };
}

/**
 * Decides how a secret is kept: AES-256-GCM under a data key of its own, and that key under the master key. Project, name and version
 * are bound in, so that an envelope put into another's place does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export interface SecretPlace {
  projectId: string;
  name: string;
  version: number;
}

export class SecretUnreadableError extends Error {
  override name = 'SecretUnreadableError';
  constructor(name: string) {
    super(
      `The secret ${name} cannot be read with this instance's master key. Put the key file back that it was set under, or set the secret again.`,
    );
  }
}

export function seal(masterKey: Buffer, place: SecretPlace, value: string): string {
  const dataKey = randomBytes(32);
  const bound = boundTo(place);
  return ['v1', encrypt(masterKey, dataKey, bound), encrypt(dataKey, Buffer.from(value, 'utf8'), bound)].join('.');
}

/** throws  SecretUnreadableError when the key is another one, or the envelope was altered or belongs elsewhere */
export function unseal(masterKey: Buffer, place: SecretPlace, envelope: string): string {
  const [format, wrappedKey, text] = envelope.split('.');
  try {
    if (format !== 'v1') throw new Error('another format');
    const bound = boundTo(place);
    return decrypt(decrypt(masterKey, wrappedKey!, bound), text!, bound).toString('utf8');
  } catch {
    throw new SecretUnreadableError(place.name);
  }
}

const boundTo = ({ projectId, name, version }: SecretPlace) => Buffer.from(JSON.stringify([projectId, name, version]));

function encrypt(key: Buffer, plain: Buffer, bound: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

function decrypt(key: Buffer, sealed: string, bound: Buffer): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 }).setAAD(bound);
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}

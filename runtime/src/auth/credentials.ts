/** Decides how credentials are drawn, recognised and kept: random text outside, its SHA-256 inside, passwords by scrypt. */
import { createHash, randomBytes, scrypt as scryptCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** 256 random bits as text that fits a URL, a header and a cookie. */
export const randomText = (): string => randomBytes(32).toString('base64url');

/** Compares without telling by its time how much was right. */
export const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

const tokenPrefix = 'dlm_';

/** An API token: a prefix that scanners for leaked secrets can look for, 256 random bits, and a checksum. */
export function drawToken(): string {
  const body = randomBytes(32).toString('base64url');
  return `${tokenPrefix}${body}_${checksum(body)}`;
}

/** Whether a text can be a token at all: a mistyped one is refused without asking the database. */
export function looksLikeToken(text: string): boolean {
  const found = /^dlm_([A-Za-z0-9_-]{43})_([A-Za-z0-9_-]{6})$/.exec(text);
  return found !== null && checksum(found[1]!) === found[2];
}

export const hintOf = (token: string): string => token.slice(0, tokenPrefix.length + 5);

const checksum = (body: string): string =>
  createHash('sha256').update(`drawloom ${body}`).digest('base64url').slice(0, 6);

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scryptCallback,
);
/** 64 MiB and some 150 ms a try: dear for a guesser, and few enough at once (below) that a flood of tries cannot eat the memory. */
const cost = { N: 2 ** 16, r: 8, p: 1 };
const atOnce = 2;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** With no hash to compare with (nobody has that address) it takes just as long, so that the time tells nothing. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt, key] = (stored ?? nobody).split('$');
  const parts = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt!, 'base64url'), parts);
  const expected = Buffer.from(key!, 'base64url');
  return derived.length === expected.length && timingSafeEqual(derived, expected) && stored !== null;
}

const nobody = `scrypt$${cost.N}$${cost.r}$${cost.p}$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(32).toString('base64url')}`;

let running = 0;
const waiting: (() => void)[] = [];
async function derive(password: string, salt: Buffer, parts: { N: number; r: number; p: number }): Promise<Buffer> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await scrypt(password.normalize('NFC'), salt, 32, { ...parts, maxmem: 256 * 2 ** 20 });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

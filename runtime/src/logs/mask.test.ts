import { describe, expect, test } from 'vitest';
import { Mask } from './mask.ts';

const secret = 'p@ss "word"/<&> ü\'s';
const mask = new Mask([secret]);
const bytes = Buffer.from(secret);

describe('a secret is masked', () => {
  test.each([
    ['as it is', secret],
    ['in hex', bytes.toString('hex')],
    ['in base64 alone', bytes.toString('base64').replace(/=+$/, '').slice(0, -1)],
    [
      'in base64 after one byte',
      Buffer.concat([Buffer.from('x'), bytes, Buffer.from('yz')])
        .toString('base64')
        .slice(2, -4),
    ],
    [
      'in base64 after two bytes',
      Buffer.concat([Buffer.from('xy'), bytes, Buffer.from('z')])
        .toString('base64')
        .slice(3, Math.floor(((2 + bytes.length) * 8) / 6)),
    ],
    ['in base64url', bytes.toString('base64url').slice(0, -1)],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    [
      'in XML',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&apos;'),
    ],
    ['in a shell’s quotes', secret.replaceAll("'", "'\\''")],
  ])('%s', (_, form) => {
    expect(mask.text(`before ${form} after`)).toBe('before *** after');
  });

  test('in Authorization headers, where it stands inside what is encoded', () => {
    const header = `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`;
    const masked = mask.text(header);
    expect(Buffer.from(masked.slice(6), 'base64').toString()).not.toContain('ss');
  });

  test('line by line where it has several, but not by its short lines', () => {
    const key = new Mask(['-----BEGIN KEY-----\nMIIEvQIBADANBg\nab\n-----END KEY-----']);
    expect(key.text('the line MIIEvQIBADANBg and ab')).toBe('the line *** and ab');
  });

  test('not when it is too short to be one', () => {
    expect(new Mask(['', 'abc']).isEmpty).toBe(true);
  });

  test('where secrets overlap, as one', () => {
    expect(new Mask(['abcdef', 'defghi']).text('xabcdefghix')).toBe('x***x');
  });
});

describe('however the output is cut', () => {
  const secrets = ['swordfish', 'fishmonger', 'aaaa', 'aab'];
  const output = `a swordfish, a swordfishmonger, swordfis, ${'a'.repeat(50)}b swordswordfish fish\n`;
  const whole = new Mask(secrets).text(output);

  test.each([1, 2, 3, 5, 7, 11, 64])('into pieces of %i, the same comes out', (size) => {
    const stream = new Mask(secrets).stream();
    const all = Buffer.from(output);
    const parts: Buffer[] = [];
    for (let at = 0; at < all.length; at += size) parts.push(Buffer.from(stream.push(all.subarray(at, at + size))));
    parts.push(stream.end());
    const masked = Buffer.concat(parts).toString();
    for (const one of secrets) expect(masked).not.toContain(one);
    expect(masked.replace(/\*+/g, '*')).toBe(whole.replace(/\*+/g, '*'));
  });

  test('only what could be the beginning of a secret is held back', () => {
    const stream = new Mask(['swordfish']).stream();
    expect(stream.push(Buffer.from('hello swo')).toString()).toBe('hello ');
    expect(stream.push(Buffer.from('p')).toString()).toBe('swop');
    expect(stream.end().toString()).toBe('');
  });

  test('a secret without end is not held without end', () => {
    const stream = new Mask(['aaaa']).stream();
    let came = 0;
    for (let index = 0; index < 100; index++) came += stream.push(Buffer.from('a'.repeat(100))).length;
    expect(came).toBeGreaterThan(0);
    expect(stream.end().toString()).not.toContain('aaaa');
  });

  test('200 MB pass in seconds', () => {
    const stream = new Mask([secret, 'another-secret-value']).stream();
    const chunk = Buffer.alloc(1 << 16, 'an ordinary line of a log, of which there are many\n');
    const started = performance.now();
    for (let index = 0; index < 3200; index++) stream.push(chunk);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

import path from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './checkout.ts';
import { readConfig } from './config.ts';

test('an empty environment gives the defaults of the contract', () => {
  expect(readConfig({})).toMatchObject({ port: 4400, host: '127.0.0.1', home: path.join(checkout, '.drawloom') });
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 4400, databaseUrl: undefined });
});

test('a home that is given relatively is taken from where the command was called', () => {
  expect(readConfig({ DRAWLOOM_HOME: 'data' }).home).toBe(path.resolve('data'));
});

test('an admin token that could be guessed is refused, and never printed', () => {
  expect(() => readConfig({ DRAWLOOM_ADMIN_TOKEN: 'letmein' })).toThrow(
    /DRAWLOOM_ADMIN_TOKEN is shorter than 32 characters/,
  );
  expect(() => readConfig({ DRAWLOOM_ADMIN_TOKEN: 'letmein' })).not.toThrow(/letmein/);
  expect(readConfig({ DRAWLOOM_ADMIN_TOKEN: 'x'.repeat(32) }).adminToken).toHaveLength(32);
});

test('every variable that is wrong is named with what to do', () => {
  const wrong = { PORT: '70000', DATABASE_URL: 'mysql://x', DRAWLOOM_URL: 'ftp://x', HOST: 'a b' };
  const message = messageOf(() => readConfig(wrong));
  expect(message.split('\n')).toEqual([
    'PORT is above 65535; use a port from 1 to 65535, or 0 for any free one.',
    'HOST is not a host name or address; use 127.0.0.1 for this machine only.',
    'DATABASE_URL is not an address of the form postgres://user:password@host:5432/database; correct it or unset it.',
    'DRAWLOOM_URL is not an address of the form http://127.0.0.1:4400; correct it or unset it.',
  ]);
});

test('further host names are a list, and isolation is full unless the operator says otherwise', () => {
  expect(readConfig({})).toMatchObject({ hosts: [], leastIsolation: 'full' });
  expect(readConfig({ DRAWLOOM_HOSTS: 'a.example, b.example', DRAWLOOM_ISOLATION: 'none' })).toMatchObject({
    hosts: ['a.example', 'b.example'],
    leastIsolation: 'none',
  });
  expect(() => readConfig({ DRAWLOOM_HOSTS: 'a b' })).toThrow(/^DRAWLOOM_HOSTS is not a list of host names/);
  expect(() => readConfig({ DRAWLOOM_ISOLATION: 'off' })).toThrow(
    /^DRAWLOOM_ISOLATION is none of full, partial and none/,
  );
});

test.each(['four', '1.5', '-1', '1e9'])('port %s is refused', (port) => {
  expect(() => readConfig({ PORT: port })).toThrow(/^PORT is /);
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (problem) {
    return (problem as Error).message;
  }
  return '';
}

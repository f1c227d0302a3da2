import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { networksIn } from './addresses.ts';
import { mail } from './mail.ts';
import { post } from './post.ts';
import { UnsentError } from './unsent.ts';

const certificate = readFileSync(path.join(import.meta.dirname, 'fixtures/localhost.pem'), 'utf8');
const internalNetworks = networksIn('127.0.0.0/8, ::1')!;
const open: net.Server[] = [];
const sockets = new Set<net.Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** Listens on this machine; answers its port. */
async function serve(server: net.Server): Promise<number> {
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}
/** A port on which nothing listens any more. */
async function deaf(): Promise<number> {
  const port = await serve(net.createServer());
  await new Promise((resolve) => open.pop()!.close(resolve));
  return port;
}
const saying = (text: string) => net.createServer((socket) => void socket.on('error', () => {}).end(text));

async function saidOf(doing: Promise<unknown>): Promise<string> {
  const error = await doing.then(
    () => null,
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(UnsentError);
  // Nothing of the words of the system and of libraries.
  expect(error.message).not.toMatch(/\b(E[A-Z]{4,}|ERR_\w+|getaddrinfo|connect|socket|SSL|openssl|self.signed)\b/);
  return error.message;
}
const posted = (url: string, timeoutMs = 30_000) => saidOf(post(url, {}, '{}', { internalNetworks, timeoutMs }));
const mailed = (port: number, encryption: 'tls' | 'starttls' | 'none' = 'none', timeoutMs = 30_000) =>
  saidOf(
    mail(
      { kind: 'email', host: '127.0.0.1', port, encryption, user: null, from: 'a@example.org', to: ['b@example.org'] },
      null,
      { id: 'one', subject: 'One', text: 'one' },
      { internalNetworks, timeoutMs },
    ),
  );

test('a name that nobody has is told as such, and where to correct it', async () => {
  // Which of the two it is depends on whether this machine can look names up at all.
  expect(await posted('https://chat.example.invalid/hooks/1')).toMatch(
    /There is no machine called chat\.example\.invalid\. Correct the name|The name chat\.example\.invalid could not be looked up\./,
  );
});

test('a receiver that is not there, goes away, says nothing or speaks another language is told by its address', async () => {
  const gone = await deaf();
  expect(await posted(`http://127.0.0.1:${gone}`)).toContain(`Nothing takes messages at 127.0.0.1:${gone}:`);
  const hangingUp = await serve(net.createServer((socket) => socket.destroy()));
  expect(await posted(`http://127.0.0.1:${hangingUp}`)).toContain('ended the connection before it answered');
  const silent = await serve(http.createServer());
  expect(await posted(`http://127.0.0.1:${silent}`, 200)).toContain(`127.0.0.1:${silent} did not answer within 0.2 s.`);
  const foreign = await serve(saying('220 mail.example.org at your service\r\n'));
  expect(await posted(`http://127.0.0.1:${foreign}`)).toContain('does not speak HTTP');
});

test('an encrypted connection that does not come about, or that nobody vouches for, is told as such', async () => {
  const plain = await serve(http.createServer((_, response) => response.end()));
  expect(await posted(`https://127.0.0.1:${plain}`)).toContain('No encrypted connection came about');
  const own = await serve(https.createServer({ key: certificate, cert: certificate }, (_, response) => response.end()));
  expect(await posted(`https://127.0.0.1:${own}`)).toContain('Nobody whom this machine trusts vouches for');
  await expect(post('http://chat.example.org', {}, '{}', { internalNetworks: [] })).rejects.toThrow(UnsentError);
});

test('what keeps a letter from going is told in the same words', async () => {
  const gone = await deaf();
  expect(await mailed(gone)).toContain(`Nothing takes messages at 127.0.0.1:${gone}:`);
  const web = await serve(saying('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(await mailed(web)).toContain('is no mail server');
  const plain = await serve(saying('220 mail.example.org\r\n'));
  expect(await mailed(plain, 'tls')).toContain('No encrypted connection came about');
  const silent = await serve(net.createServer());
  expect(await mailed(silent, 'none', 200)).toContain('did not answer within 0.2 s.');
});

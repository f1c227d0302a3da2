import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { newPage, openBrowser } from '../support/browser.ts';

const server = createServer((request, answer) => {
  if (request.url !== '/') answer.statusCode = 500;
  answer
    .setHeader('content-type', 'text/html')
    .end('<h1>Hello</h1><script>fetch("/broken"); throw new Error("oh")</script>');
}).listen(0, '127.0.0.1');
const browser = await openBrowser();
afterAll(async () => {
  await browser.close();
  server.close();
});

test('the browser draws a page, and what goes wrong on it is collected', async () => {
  const { page, problems } = await newPage(browser);
  const broken = page.waitForResponse((response) => response.url().endsWith('/broken'));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await broken;
  await expect.poll(() => problems.length).toBeGreaterThanOrEqual(2);
  expect(await page.getByRole('heading').textContent()).toBe('Hello');
  expect((await page.getByRole('heading').boundingBox())?.height).toBeGreaterThan(10);
  expect(problems.join('\n')).toMatch(/uncaught: Error: oh/);
  expect(problems.join('\n')).toMatch(/500 GET .*broken/);
});

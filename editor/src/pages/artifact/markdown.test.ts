import { expect, test } from 'vitest';
import { type Block, type Inline, readMarkdown } from './markdown.ts';

/** Everything that would become an address or an element of another kind than text. */
const addresses = (blocks: readonly Block[]): string[] =>
  [...JSON.stringify(blocks).matchAll(/"(?:href|src)":"([^"]*)"/g)].map(([, address]) => address!);
const saidBy = (inside: readonly Inline[]): string =>
  inside.map((one) => ('inside' in one ? saidBy(one.inside) : 'text' in one ? one.text : '')).join('');

test('what people write becomes what they mean', () => {
  const blocks = readMarkdown(
    '# Title\n\nSome *text* with `code` & <b>.\n\n- [x] done\n- [ ] open\n\n3. three\n\n| a | b |\n|:-:|--:|\n| 1 | **2** |\n\n> quoted\n\n---\n\n```py\nx < 1\n```\n',
  );
  expect(blocks.map(({ kind }) => kind)).toEqual([
    'heading',
    'paragraph',
    'list',
    'list',
    'table',
    'quote',
    'rule',
    'code',
  ]);
  expect(saidBy((blocks[1] as Extract<Block, { kind: 'paragraph' }>).inside)).toBe('Some text with code & <b>.');
  expect((blocks[2] as Extract<Block, { kind: 'list' }>).items.map(({ done }) => done)).toEqual([true, false]);
  expect(blocks[3]).toMatchObject({ start: 3 });
  expect(blocks[4]).toMatchObject({ align: ['center', 'right'] });
  expect(blocks[7]).toEqual({ kind: 'code', text: 'x < 1' });
});

test('what stands for itself in HTML stands for itself here', () => {
  const [block] = readMarkdown('`a < b && c` and 1 < 2 & "3" <https://example.org/?a=1&b=2>');
  expect(saidBy((block as Extract<Block, { kind: 'paragraph' }>).inside)).toBe(
    'a < b && c and 1 < 2 & "3" https://example.org/?a=1&b=2',
  );
  expect(addresses([block!])).toEqual(['https://example.org/?a=1&b=2']);
});

test('markup in it stays text, and no address leads to code or to a server that would be told', () => {
  const attack = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[click](javascript:alert(1))',
    '[click](JaVaScRiPt:alert(1))',
    '[click](java\nscript:alert(1))',
    '[click](data:text/html;base64,PHNjcmlwdD4=)',
    '[click](vbscript:x)',
    '[click](/p/other/settings)',
    '![seen](https://example.org/pixel.png)',
    '![svg](data:image/svg+xml;base64,PHN2Zz4=)',
    '<javascript:alert(1)>',
    '[ref]: javascript:alert(1)',
    '[ref]',
    '`<b>`',
    '<a href="javascript:alert(1)">x</a>',
  ].join('\n\n');
  expect(addresses(readMarkdown(attack))).toEqual([]);
  const good = '[a](https://example.org/x) <mailto:a@example.org> ![own](data:image/png;base64,iVBORw0KGgo=)';
  expect(addresses(readMarkdown(good))).toEqual([
    'https://example.org/x',
    'mailto:a@example.org',
    'data:image/png;base64,iVBORw0KGgo=',
  ]);
});

test('what is nested without end comes to one', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  expect(depthOf(readMarkdown(`${'> '.repeat(200)}deep`))).toBeLessThan(150);
  expect(
    depthOf(readMarkdown(Array.from({ length: 200 }, (_, n) => `${' '.repeat(2 * n)}- item`).join('\n'))),
  ).toBeLessThan(200);
});

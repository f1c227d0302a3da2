import { plainText as plain } from '@drawloom/shared/run/plainText.ts';
import { expect, test } from 'vitest';
import { LineStore, spansOf } from './logLines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('lines are whole however the bytes were cut, characters of several bytes among them', () => {
  const whole = bytes('first\nzweite Zeile: größer\n第三行\nunfinished');
  for (let cut = 0; cut <= whole.length; cut++) {
    const store = new LineStore();
    store.add(whole.subarray(0, cut));
    store.add(whole.subarray(cut));
    expect(store.lines).toEqual(['first', 'zweite Zeile: größer', '第三行', 'unfinished']);
  }
});

test('empty lines stay, and the break at the end opens no line', () => {
  const store = new LineStore();
  for (const part of ['a\n', '\n', 'b', '\n', 'c\n']) store.add(bytes(part));
  expect(store.lines).toEqual(['a', '', 'b', 'c']);
});

test('colours become data, and no escape is ever shown', () => {
  const spans = spansOf(
    '\u001b[31mred\u001b[0m plain \u001b[38;5;208mpalette\u001b[0m \u001b[1;38;2;10;20;30mtrue\u001b[0m',
  );
  expect(spans.map((span) => span.text).join('')).toBe('red plain palette true');
  expect(spans[0]).toMatchObject({ className: 'ansi-red', style: undefined });
  expect(spans.find((span) => span.text === 'palette')?.style).toEqual({ color: 'rgb(255, 135, 0)' });
  expect(spans.find((span) => span.text === 'true')?.style?.color).toMatch(/10, ?20, ?30/);
});

test('window titles and links are left out, and markup is text', () => {
  expect(plain('\u001b]0;owned\u0007hello \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\')).toBe('hello link');
  expect(spansOf('<img src=x onerror=alert(1)>')[0]?.text).toBe('<img src=x onerror=alert(1)>');
});

test('a progress bar that overwrites itself shows what it said last', () => {
  expect(spansOf('10 %\r50 %\r100 %')[0]?.text).toBe('100 %');
});

test('whatever a program sends to a terminal, only text is left', () => {
  const sent = [
    '\u001b[2J\u001b[1;1Hcleared',
    '\u001b[?25lhidden cursor\u001b[?25h',
    '\u001b(B\u001b)0charsets',
    '\u001bPq#0;2;0;0;0\u001b\\sixel',
    '\u009b31mone byte\u009b0m',
    '\u001b[38:5:208mcolons\u001b[m',
    'bell\u0007 and back\b\u0000',
    'cut off \u001b[38;5;2',
    'cut off \u001b]8;;http://example.org',
    'alone \u001b',
    '\u001b[31\u001b[32mbroken into\u001b[0m',
  ];
  for (const line of sent) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    const control = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
    const shown = spansOf(line)
      .map(({ text }) => text)
      .join('');
    expect(shown, JSON.stringify(line)).not.toMatch(control);
    expect(plain(line), JSON.stringify(line)).not.toMatch(control);
    expect(shown, JSON.stringify(line)).not.toMatch(/\[[0-9;:?]+[a-zA-Z]/);
  }
  expect(sent.map(plain)).toEqual([
    'cleared',
    'hidden cursor',
    'charsets',
    'sixel',
    'one byte',
    'colons',
    'bell and back',
    'cut off ',
    'cut off ',
    'alone ',
    'broken into',
  ]);
});

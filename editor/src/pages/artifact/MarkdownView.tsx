/** Markdown as it is meant to be read, made of elements of our own alone. A text that cannot be taken apart in time is shown as it is. */
import { createElement, useEffect, useState } from 'react';
import { Loading } from '../../ui/notices.tsx';
import styles from './MarkdownView.module.css';
import type { Block, Inline } from './markdown.ts';
import { PlainText } from './PlainText.tsx';

/** Any text that people write takes a few milliseconds. */
const longestMs = 3000;

export function MarkdownView({ text }: { text: string }) {
  const [blocks, setBlocks] = useState<Block[] | 'not read' | null>(null);
  useEffect(() => {
    setBlocks(null);
    const worker = new Worker(new URL('./markdown.worker.ts', import.meta.url), { type: 'module' });
    const stop = () => {
      clearTimeout(timer);
      worker.terminate();
    };
    const settle = (answer: Block[] | 'not read') => {
      stop();
      setBlocks(answer);
    };
    const timer = setTimeout(() => settle('not read'), longestMs);
    worker.onmessage = (message: MessageEvent<Block[]>) => settle(message.data);
    worker.onerror = () => settle('not read');
    worker.postMessage(text);
    return stop;
  }, [text]);
  if (blocks === null) return <Loading />;
  if (blocks === 'not read') return <PlainText text={text} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <article className={styles.markdown} tabIndex={0} data-testid="markdown">
      <Blocks of={blocks} />
    </article>
  );
}

function Blocks({ of }: { of: readonly Block[] }) {
  return of.map((block, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
    <BlockView key={place} block={block} />
  ));
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      // the page has headings of its own above
      return createElement(`h${Math.min(6, block.depth + 2)}`, null, <Inlines of={block.inside} />);
    case 'paragraph':
      return (
        <p>
          <Inlines of={block.inside} />
        </p>
      );
    case 'code':
      return <pre>{block.text}</pre>;
    case 'quote':
      return (
        <blockquote>
          <Blocks of={block.blocks} />
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
        <li key={place}>
          {item.done !== null && <input type="checkbox" checked={item.done} readOnly disabled />}
          <Blocks of={item.blocks} />
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
    case 'table':
      return <TableBlock {...block} />;
    case 'rule':
      return <hr />;
  }
}

function TableBlock({ align, head, rows }: Extract<Block, { kind: 'table' }>) {
  const at = (place: number) => ({ textAlign: align[place] ?? ('left' as const) });
  return (
    <table>
      <thead>
        <tr>
          {head.map((cell, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
            <th key={place} scope="col" style={at(place)}>
              <Inlines of={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
          <tr key={line}>
            {row.map((cell, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
              <td key={place} style={at(place)}>
                <Inlines of={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ of }: { of: readonly Inline[] }) {
  return of.map((inline, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text that was read never changes
    <InlineView key={place} inline={inline} />
  ));
}

function InlineView({ inline }: { inline: Inline }) {
  switch (inline.kind) {
    case 'text':
      return inline.text;
    case 'code':
      return <code>{inline.text}</code>;
    case 'break':
      return <br />;
    case 'image':
      return <img src={inline.src} alt={inline.text} />;
    case 'link':
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow">
          <Inlines of={inline.inside} />
        </a>
      );
    default:
      return createElement(inline.kind, null, <Inlines of={inline.inside} />);
  }
}

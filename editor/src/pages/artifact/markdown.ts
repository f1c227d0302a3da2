/**
 * Decides what of a Markdown text is shown: its structure as plain data, never as markup. HTML in it stays the text that it is, links
 * lead only to the web and to mail, and images are only those that the text itself carries, so that looking at it tells nobody.
 */
import { lexer, type Token, type Tokens } from 'marked';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'em' | 'del'; inside: Inline[] }
  | { kind: 'link'; href: string; inside: Inline[] }
  | { kind: 'image'; src: string; text: string }
  | { kind: 'break' };

export type Block =
  | { kind: 'heading'; depth: number; inside: Inline[] }
  | { kind: 'paragraph'; inside: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: { done: boolean | null; blocks: Block[] }[] }
  | { kind: 'table'; align: ('left' | 'center' | 'right' | null)[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

/** Deeper than this nobody writes on purpose; what lies deeper is shown as the text it is. */
const deepest = 30;

export const readMarkdown = (text: string): Block[] => blocksOf(lexer(text, { gfm: true }), 0);

function blocksOf(tokens: readonly Token[], depth: number): Block[] {
  return tokens.flatMap((token): Block[] => {
    if (depth > deepest) return [{ kind: 'code', text: token.raw }];
    switch (token.type) {
      case 'space':
      case 'def':
        return [];
      case 'heading':
        return [{ kind: 'heading', depth: (token as Tokens.Heading).depth, inside: inlinesOf(token, depth + 1) }];
      case 'code':
        return [{ kind: 'code', text: (token as Tokens.Code).text }];
      case 'blockquote':
        return [{ kind: 'quote', blocks: blocksOf((token as Tokens.Blockquote).tokens, depth + 1) }];
      case 'list': {
        const { ordered, start, items } = token as Tokens.List;
        return [
          {
            kind: 'list',
            start: ordered ? Number(start) || 1 : null,
            items: items.map((item) => ({
              done: item.task ? item.checked === true : null,
              blocks: blocksOf(item.tokens, depth + 1),
            })),
          },
        ];
      }
      case 'table': {
        const { align, header, rows } = token as Tokens.Table;
        const cells = (row: readonly Tokens.TableCell[]) => row.map((cell) => inlines(cell.tokens, depth + 1));
        return [{ kind: 'table', align, head: cells(header), rows: rows.map(cells) }];
      }
      case 'hr':
        return [{ kind: 'rule' }];
      case 'html':
        return [{ kind: 'code', text: token.raw.trimEnd() }];
      default:
        return [{ kind: 'paragraph', inside: inlinesOf(token, depth + 1) }];
    }
  });
}

function inlinesOf(token: Token, depth: number): Inline[] {
  const inside = 'tokens' in token ? token.tokens : undefined;
  return inside ? inlines(inside, depth) : [{ kind: 'text', text: textOf(token) }];
}

function inlines(tokens: readonly Token[], depth: number): Inline[] {
  return tokens.map((token): Inline => {
    if (depth > deepest) return { kind: 'text', text: token.raw };
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
        return { kind: token.type, inside: inlinesOf(token, depth + 1) };
      case 'codespan':
        return { kind: 'code', text: textOf(token) };
      case 'br':
        return { kind: 'break' };
      case 'link': {
        const href = placeOf(unescaped((token as Tokens.Link).href));
        const inside = inlinesOf(token, depth + 1);
        return href ? { kind: 'link', href, inside } : { kind: 'text', text: token.raw };
      }
      case 'image': {
        const { href, text } = token as Tokens.Image;
        return ownImage.test(href)
          ? { kind: 'image', src: href, text: unescaped(text) }
          : { kind: 'text', text: token.raw };
      }
      default:
        return { kind: 'text', text: textOf(token) };
    }
  });
}

const textOf = (token: Token): string =>
  token.type === 'html' ? token.raw : unescaped('text' in token ? token.text : token.raw);

/** The lexer writes texts as if they became HTML. */
const unescaped = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

const ownImage = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/;

/** The address of a link that may be followed; null: it is no such address. */
function placeOf(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Puts results on one page. Everything that came from data is escaped; figures are embedded as images, so none of it runs. */
import { type Artifact, Document, Figure, File, Folder, type Row, Table } from 'drawloom';

interface Options {
  title?: string;
  text?: string;
  headings?: string[];
  rows?: number;
  digits?: number;
  format?: 'html' | 'markdown';
}
interface Section {
  heading: string;
  markdown: string;
  html: string;
}

export default async function report(results: Artifact[], options: Options): Promise<{ report: Document }> {
  const { title = 'Report', text = '', headings = [], format = 'html' } = options;
  const metrics = new Map<string, number>();
  for (const result of results)
    if (isMetrics(result))
      for (const [key, value] of Object.entries(result)) if (!metrics.has(key)) metrics.set(key, value);
  const sections = await Promise.all(results.map((result, index) => sectionOf(result, headings[index] ?? '', options)));
  const digits = options.digits ?? 4;
  const placed = new Set<number>();
  const holes: Section[] = [];
  const written = text.replace(/\{\{\s*([^{}]{1,200}?)\s*\}\}/g, (whole, name: string) => {
    const value = metrics.get(name);
    if (value !== undefined) return shown(value, digits);
    const index = Number(name) - 1;
    if (Number.isInteger(index) && sections[index]) {
      placed.add(index);
      holes.push(sections[index]);
      return `\n\n\ue000${holes.length - 1}\ue000\n\n`;
    }
    return name === 'rest' ? '\n\n\ue000rest\ue000\n\n' : `${whole} (nothing of that name is connected)`;
  });
  const rest = sections.filter((_, index) => !placed.has(index));
  const withRest = written.includes('\ue000rest\ue000') ? written : `${written}\n\n\ue000rest\ue000`;
  const fill = (page: string, as: (section: Section) => string) =>
    page.replace(/\ue000(rest|\d+)\ue000/g, (_, name: string) =>
      name === 'rest' ? rest.map(as).join('\n\n') : as(holes[Number(name)]!),
    );
  if (format === 'markdown') {
    const heading = (section: Section) => (section.heading ? `## ${section.heading}\n\n` : '');
    const text = fill(withRest, (section) => heading(section) + section.markdown).trim();
    return { report: Document.markdown(`# ${title}\n\n${text}\n`) };
  }
  const body = fill(markdownToHtml(withRest), (section) => {
    const heading = section.heading ? `<h2>${escaped(section.heading)}</h2>` : '';
    return `<section>${heading}${section.html}</section>`;
  });
  return { report: Document.html(page(title, body)) };
}

const isMetrics = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((each) => typeof each === 'number' || each === 'NaN');

async function sectionOf(result: Artifact, heading: string, { rows = 20, digits = 4 }: Options): Promise<Section> {
  if (result instanceof Table) {
    const first: Row[] = [];
    for await (const row of result.rows()) if (first.push(row) >= rows) break;
    const names = result.columns.map((column) => column.name);
    const lines = first.map((row) => names.map((name) => cell(row[name], digits)));
    const more =
      result.rowCount !== undefined && result.rowCount > first.length
        ? `${first.length} of ${result.rowCount.toLocaleString('en')} rows`
        : '';
    return tableSection(heading, names, lines, more);
  }
  if (result instanceof Figure) {
    const bytes = typeof result.content === 'string' ? Buffer.from(result.content) : Buffer.from(result.content);
    const source = `data:${result.mediaType};base64,${bytes.toString('base64')}`;
    return {
      heading,
      markdown: `![${heading || 'Figure'}](${source})`,
      html: `<figure><img alt="${escaped(heading || 'Figure')}" src="${source}"></figure>`,
    };
  }
  if (result instanceof Document) {
    const isHtml = result.mediaType === 'text/html';
    return {
      heading,
      markdown: result.text,
      html: isHtml ? bodyOf(result.text) : markdownToHtml(result.text.replaceAll('\ue000', '')),
    };
  }
  if (result instanceof File || result instanceof Folder)
    return {
      heading,
      markdown: '*A file, kept beside this report.*',
      html: '<p><em>A file, kept beside this report.</em></p>',
    };
  if (isMetrics(result)) return metricsSection(heading, result, digits);
  const json = JSON.stringify(result, null, 2);
  return { heading, markdown: `\`\`\`json\n${json}\n\`\`\``, html: `<pre>${escaped(json)}</pre>` };
}

/** Metrics of a baseline and the differences to it stand beside the metrics they belong to. */
function metricsSection(heading: string, metrics: Record<string, number>, digits: number): Section {
  const isBeside = (key: string) =>
    (key.startsWith('baseline_') && key.slice(9) in metrics) ||
    (key.endsWith('_difference') && key.slice(0, -11) in metrics);
  const keys = Object.keys(metrics);
  const own = keys.filter((key) => !isBeside(key));
  const told = (key: string) => (key in metrics ? shown(Number(metrics[key]), digits) : '');
  if (own.length === keys.length)
    return tableSection(
      heading,
      ['Metric', 'Value'],
      own.map((key) => [key, told(key)]),
      '',
    );
  const lines = own.map((key) => [key, told(key), told(`baseline_${key}`), told(`${key}_difference`)]);
  return tableSection(heading, ['Metric', 'Value', 'Baseline', 'Difference'], lines, '');
}

function tableSection(heading: string, names: string[], lines: string[][], note: string): Section {
  const numeric = names.map(
    (_, index) =>
      lines.some((line) => line[index] !== '') && lines.every((line) => /^$|^[-−]?[\d.,e+-]+$/.test(line[index]!)),
  );
  const pipe = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const markdown = [
    `| ${names.map(pipe).join(' | ')} |`,
    `|${numeric.map((is) => (is ? '---:' : '---')).join('|')}|`,
    ...lines.map((line) => `| ${line.map(pipe).join(' | ')} |`),
    ...(note ? ['', `*${note}*`] : []),
  ].join('\n');
  const row = (tag: string, cells: string[]) =>
    `<tr>${cells.map((text, index) => `<${tag}${numeric[index] ? ' class="n"' : ''}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  const html = `<div class="scroll"><table><thead>${row('th', names)}</thead><tbody>${lines.map((line) => row('td', line)).join('')}</tbody></table></div>${note ? `<p class="note">${escaped(note)}</p>` : ''}`;
  return { heading, markdown, html };
}

function cell(value: unknown, digits: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : shown(value, digits);
  if (value instanceof Date)
    return value
      .toISOString()
      .replace('T', ' ')
      .replace(/(:00)?\.000Z$/, '');
  if (typeof value === 'object')
    return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
  return String(value);
}

function shown(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '—';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return Math.abs(value) >= 0.001 && Math.abs(value) < 1e6
    ? String(Number(value.toPrecision(Math.max(digits, 3))))
    : value.toExponential(digits - 1);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** What stands in the body of a page that another node wrote, without its scripts. The page is shown in a sandbox as well. */
const bodyOf = (html: string): string =>
  (/<body[^>]*>([\s\S]*?)<\/body>/i.exec(html)?.[1] ?? html).replace(/<script[\s\S]*?(<\/script>|$)/gi, '');

/** The part of Markdown that people write in a report: headings, lists, tables, code, emphasis, links. */
function markdownToHtml(text: string): string {
  const out: string[] = [];
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (/^```/.test(line)) {
      const code: string[] = [];
      for (at++; at < lines.length && !/^```/.test(lines[at]!); at++) code.push(lines[at]!);
      out.push(`<pre>${escaped(code.join('\n'))}</pre>`);
    } else if (heading) out.push(`<h${heading[1]!.length}>${inline(heading[2]!)}</h${heading[1]!.length}>`);
    else if (/^\s*\|.*\|\s*$/.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? '')) {
      const cells = (row: string) =>
        row
          .trim()
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((each) => inline(each.trim().replaceAll('\\|', '|')));
      const right = cells(lines[at + 1]!).map((mark) => /:$/.test(mark));
      const row = (tag: string, from: string) =>
        `<tr>${cells(from)
          .map((each, index) => `<${tag}${right[index] ? ' class="n"' : ''}>${each}</${tag}>`)
          .join('')}</tr>`;
      const head = row('th', line);
      const body: string[] = [];
      for (at += 2; at < lines.length && /^\s*\|.*\|\s*$/.test(lines[at]!); at++) body.push(row('td', lines[at]!));
      at--;
      out.push(`<div class="scroll"><table><thead>${head}</thead><tbody>${body.join('')}</tbody></table></div>`);
    } else if (/^\s*([-*+]|\d+\.)\s+/.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items: string[] = [];
      for (; at < lines.length && /^\s*([-*+]|\d+\.)\s+/.test(lines[at]!); at++)
        items.push(`<li>${inline(lines[at]!.replace(/^\s*([-*+]|\d+\.)\s+/, ''))}</li>`);
      at--;
      out.push(ordered ? `<ol>${items.join('')}</ol>` : `<ul>${items.join('')}</ul>`);
    } else if (/^\ue000(rest|\d+)\ue000$/.test(line.trim())) out.push(line.trim());
    else if (line.trim()) {
      const paragraph = [line];
      while (
        at + 1 < lines.length &&
        lines[at + 1]!.trim() &&
        !/^(#{1,6}\s|```|\s*[-*+]\s|\s*\d+\.\s|\s*\|)/.test(lines[at + 1]!)
      )
        paragraph.push(lines[++at]!);
      out.push(`<p>${inline(paragraph.join('\n'))}</p>`);
    }
  }
  return out.join('\n');
}

const inline = (text: string): string =>
  escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*\s][^*]*)\*/g, '<em>$1</em>')
    .replace(/\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g, '<a href="$2">$1</a>');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
:root{color-scheme:light dark;--line:#d9dce3;--soft:#5d6472;--ground:#fff;--text:#1b1f27}
@media (prefers-color-scheme:dark){:root{--line:#343a46;--soft:#9aa3b2;--ground:#15181e;--text:#e6e9ef}figure{background:#fff;border-radius:8px;padding:8px}}
body{font:15px/1.6 system-ui,sans-serif;color:var(--text);background:var(--ground);max-width:880px;margin:40px auto;padding:0 24px}
h1{font-size:28px;line-height:1.2;margin:0 0 16px}h2{font-size:19px;margin:36px 0 10px}h3{font-size:16px}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:5px 12px;border-bottom:1px solid var(--line);text-align:left}
th{font-weight:600;color:var(--soft);font-size:13px}.n{text-align:right}.note{color:var(--soft);font-size:13px}figure{margin:12px 0}img{max-width:100%;height:auto}
pre,code{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;border:1px solid var(--line);border-radius:8px;padding:12px}
</style></head><body><h1>${escaped(title)}</h1>
${body}
</body></html>
`;

/**
 * Decides what of the editor's sources is spoken: every message that goes through `t`, and text that a person would read and that does
 * not. Read with the compiler's own syntax trees, so that a comment, a type or a class name is never taken for a sentence. What is no
 * language at all says so where it stands, as to a browser that translates: `translate="no"`.
 */
import path from 'node:path';
import * as ast from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { placeholders } from './placeholders.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface Place {
  file: string;
  line: number;
}
export interface Sources {
  /** Each message, and where it is said. */
  messages: Map<string, Place[]>;
  /** What has to be mended in the sources: a sentence each, with its place. */
  faults: string[];
}

/** Attributes and properties whose text is shown or read aloud. */
const spoken = new Set([
  'title',
  'placeholder',
  'label',
  'about',
  'hint',
  'description',
  'message',
  'heading',
  'summary',
]);
for (const name of ['label', 'description', 'placeholder', 'roledescription', 'valuetext']) spoken.add(`aria-${name}`);
const spokenProperties = new Set([...spoken, 'text']); // an attribute of that name is what is copied, as it is

/** Words that are the same in every language, or no words: keys of a keyboard, units, names of formats and of the program itself. */
const same = new Set('Drawloom Python SQL TypeScript JSON CSV MLflow OpenLineage STARTTLS TLS null'.split(' '));

export function readSources(): Sources {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [path.join(root, 'editor/tsconfig.json')] }).getProjects()[0];
    if (!project) throw new Error('editor/tsconfig.json names no project, so that no messages can be read.');
    const found: Sources = { messages: new Map(), faults: [] };
    const folder = path.join(root, 'editor/src');
    for (const name of [...project.program.getSourceFileNames()].sort()) {
      const file = path.relative(folder, name);
      if (file.startsWith('..') || file.startsWith(`words${path.sep}`) || /\.test\.tsx?$/.test(file)) continue;
      const source = project.program.getSourceFile(name);
      if (source) readFile(source, file, found);
    }
    return found;
  } finally {
    api.close();
  }
}

function readFile(source: ast.SourceFile, file: string, { messages, faults }: Sources): void {
  const place = (node: ast.Node): Place => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    return { file, line: line + 1 };
  };
  const fault = (node: ast.Node, words: string) => {
    const { line } = place(node);
    faults.push(`${file}:${line}: ${words}`);
  };
  /** What the first argument of `t` can be: one sentence, or one of several. */
  const sentences = (node: ast.Node): string[] | null => {
    if (ast.isStringLiteral(node) || ast.isNoSubstitutionTemplateLiteral(node)) return [node.text];
    if (ast.isParenthesizedExpression(node)) return sentences(node.expression);
    if (ast.isConditionalExpression(node)) {
      const [yes, no] = [sentences(node.whenTrue), sentences(node.whenFalse)];
      return yes && no ? [...yes, ...no] : null;
    }
    return null;
  };
  const visit = (node: ast.Node): void => {
    if (ast.isCallExpression(node) && ast.isIdentifier(node.expression) && node.expression.text === 't') {
      const said = node.arguments[0] && sentences(node.arguments[0]);
      if (!said) fault(node, '`t` is given no literal sentence. Write each sentence out where it is said.');
      for (const message of said ?? []) {
        messages.set(message, [...(messages.get(message) ?? []), place(node)]);
        for (const name of unfilled(message, node.arguments[1]))
          fault(node, `"${message}" is given no value for {${name}}.`);
      }
    }
    if (isNoLanguage(node)) return;
    const bare = bareText(node);
    if (bare && isWords(bare)) fault(node, `"${bare}" does not go through \`t\`.`);
    node.forEachChild(visit);
  };
  visit(source);
}

/** Placeholders of a message without a value, where the values are written out beside it. */
function unfilled(message: string, values: ast.Node | undefined): string[] {
  const names = placeholders(message).map(({ name }) => name);
  if (!values) return names;
  if (!ast.isObjectLiteralExpression(values) || values.properties.some(ast.isSpreadAssignment)) return [];
  const given = new Set(
    values.properties.map((property) => (ast.isSpreadAssignment(property) ? '' : property.name.getText())),
  );
  return names.filter((name) => !given.has(name));
}

const isNoLanguage = (node: ast.Node): boolean => {
  const opening = ast.isJsxElement(node) ? node.openingElement : ast.isJsxSelfClosingElement(node) ? node : null;
  return (opening?.attributes.properties ?? []).some(
    (one) => ast.isJsxAttribute(one) && one.name.getText() === 'translate' && one.initializer?.getText() === '"no"',
  );
};

/** Text that this place shows without having asked for the reader's language. */
function bareText(node: ast.Node): string | null {
  if (ast.isJsxText(node)) return node.text.trim();
  if (ast.isJsxAttribute(node)) {
    const text = spoken.has(node.name.getText()) && node.initializer ? literalIn(node.initializer) : null;
    // A placeholder of one word is an example of what is written there, such as the name of a host.
    return node.name.getText() === 'placeholder' && !text?.includes(' ') ? null : text;
  }
  if (ast.isJsxExpression(node) && node.expression && (ast.isJsxElement(node.parent) || ast.isJsxFragment(node.parent)))
    return literalIn(node.expression);
  if (ast.isPropertyAssignment(node)) {
    const name = node.name;
    return (ast.isIdentifier(name) || ast.isStringLiteral(name)) && spokenProperties.has(name.text)
      ? literalIn(node.initializer)
      : null;
  }
  return null;
}
function literalIn(node: ast.Node): string | null {
  if (ast.isStringLiteral(node) || ast.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ast.isJsxExpression(node)) return node.expression ? literalIn(node.expression) : null;
  if (ast.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' ').trim();
  if (ast.isConditionalExpression(node)) {
    const words = [literalIn(node.whenTrue), literalIn(node.whenFalse)].filter(
      (each) => each !== null && isWords(each),
    );
    return words.length > 0 ? words.join(' / ') : null;
  }
  return null;
}
/** A word of two letters at least that is not the same in every language. */
const isWords = (text: string): boolean => text.split(/[^\p{L}]+/u).some((word) => word.length > 1 && !same.has(word));

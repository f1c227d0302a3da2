/**
 * Decides what the editor shows that is written in English elsewhere: words of node types, and sentences of the checks and of what explains
 * a failure, which server and command line say as well. Keys begin with `node::` and `told::`; a value is `{0}`.
 */
import path from 'node:path';
import * as ast from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { withWords } from '../../editor/src/words/shapes.ts';
import { catalog } from '../../runtime/src/nodes/catalog.ts';
import type { Place } from './messages.ts';

const root = path.resolve(import.meta.dirname, '../..');

export function readElsewhere(): Map<string, Place[]> {
  return new Map([...wordsOfNodeTypes(), ...sentences()]);
}

function wordsOfNodeTypes(): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  const unspeakable = /^[^\p{L}]*$|^[A-Z]\d?$/u; // signs, and names such as L2 and X
  for (const type of catalog.values())
    withWords(type, (text) => {
      const room = text.includes('\n') || text.length > 160 ? 'node-pages' : 'nodes';
      if (!unspeakable.test(text)) found.set(`node::${text}`, [{ file: path.join('from', room), line: 1 }]);
      return text;
    });
  return found;
}

/** What of `shared` is shown. Its triggers and scopes speak to whoever calls the API. */
const speaking = /^(?:pipeline|columns|run|signature|node-type)\//;
const silent = /\.test\.ts$|upgrade\/|^run\/amounts|pipeline\/scope|pipeline\/secrets\.ts:|notImported/;

function sentences(): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  const api = new API({ cwd: root });
  try {
    const { program } = api
      .updateSnapshot({ openProjects: [path.join(root, 'shared/tsconfig.json')] })
      .getProjects()[0]!;
    const folder = path.join(root, 'shared/src');
    for (const name of [...program.getSourceFileNames()].sort()) {
      const file = path.relative(folder, name);
      const source = speaking.test(file) && !silent.test(file) && program.getSourceFile(name);
      if (!source) continue;
      const visit = (node: ast.Node): void => {
        // What describes a schema is for whoever reads the API; what compares texts, and names of modules, is for nobody.
        if (ast.isPropertyAssignment(node) && node.name.getText() === 'description') return;
        if (ast.isImportDeclaration(node) || ast.isExportDeclaration(node) || isSchemaTitle(node)) return;
        const text = textOf(node);
        if (text !== null && isSentence(text))
          found.set(`told::${text}`, [{ file: path.join('from', 'told'), line: 1 }]);
        node.forEachChild(visit);
      };
      visit(source);
    }
  } finally {
    api.close();
  }
  return found;
}

/** `z.string().meta({ title: … })`: those of node types are read from the node types. */
const isSchemaTitle = (node: ast.Node): boolean => ast.isPropertyAssignment(node) && node.name.getText() === 'title';

function textOf(node: ast.Node): string | null {
  if (ast.isStringLiteral(node) || ast.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ast.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map((span, at) => `{${at}}${span.literal.text}`).join('');
}

/** Several words, and none of them code. */
const isSentence = (text: string): boolean =>
  / /.test(text.trim()) &&
  /\p{L}{2}/u.test(text) &&
  !/^(?:import|from|def|select) |^\{0\} pass$|^collections |\(63 at most\)\.$|\(32 at most\)\.$|\n/.test(text);

/**
 * The code editor, loaded when code is first opened. Only what is used of it: the editor, its features, three languages. Its theme
 * is made of our own colours.
 */
import * as monaco from 'monaco-editor/editor';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/python/register';
import 'monaco-editor/languages/definitions/sql/register';
import 'monaco-editor/languages/definitions/typescript/register';
import { useAppearance } from '../app/appearance.ts';

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

function colour(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // the build shortens #ffffff to #fff, which the code editor does not take
  return value.length === 4 ? value.replace(/[0-9a-f]/gi, '$&$&') : value;
}

function paint(): void {
  const dark = document.documentElement.dataset.theme === 'dark';
  const bare = (name: string) => colour(name).slice(1);
  monaco.editor.defineTheme('ledger', {
    base: dark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: '', foreground: bare('text') },
      { token: 'comment', foreground: bare('muted'), fontStyle: 'italic' },
      { token: 'keyword', foreground: bare('port-model') },
      { token: 'string', foreground: bare('success-text') },
      // the base theme has colours of its own for these, too pale to read
      { token: 'operator.sql', foreground: bare('text') },
      { token: 'predefined.sql', foreground: bare('primary') },
      { token: 'string.sql', foreground: bare('success-text') },
      { token: 'number', foreground: bare('port-metrics') },
      { token: 'type', foreground: bare('primary') },
      { token: 'tag', foreground: bare('primary') },
    ],
    colors: {
      'editor.background': colour('card'),
      'editor.foreground': colour('text'),
      'editorLineNumber.foreground': colour('muted'),
      'editorLineNumber.activeForeground': colour('text'),
      'editorLineNumber.dimmedForeground': colour('muted'),
      'editor.lineHighlightBackground': colour('hover'),
      'editor.lineHighlightBorder': '#00000000',
      'editorCursor.foreground': colour('primary'),
      'editorIndentGuide.background1': colour('border'),
      'editorWidget.background': colour('panel'),
      'editorWidget.border': colour('border'),
      'editorGutter.background': colour('card'),
      focusBorder: colour('primary'),
    },
  });
  monaco.editor.setTheme('ledger');
}
paint();
useAppearance.subscribe(() => queueMicrotask(paint));

export { monaco };

/** Code with colours. Until the code editor has come, what is there can be read; Escape and then Tab leave it. */
import type { Language } from '@drawloom/shared/node-type/definition.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { useEffect, useRef, useState } from 'react';
import { t } from '../words/index.ts';
import styles from './CodeEditor.module.css';
import type { Offered } from './completion.ts';

export interface CodeEditorProps {
  /** Names the text for the code editor; another one is another text with its own undo. */
  id: string;
  language: Language;
  code: string;
  readOnly: boolean;
  problems: readonly Problem[];
  /** What is known to be of use in the code. */
  offered: Offered;
  /** Where to put the cursor; told anew by another `turn`. */
  goTo?: { line: number; turn: number } | null;
  onChange: (code: string) => void;
}

type Monaco = typeof import('./monaco.ts')['monaco'];
type Editor = ReturnType<Monaco['editor']['create']>;

export function CodeEditor(props: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<{ monaco: Monaco; editor: Editor } | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    let gone = false;
    let editor: Editor | undefined;
    let withdraw: (() => void) | undefined;
    void Promise.all([import('./monaco.ts'), import('./completion.ts')]).then(([{ monaco }, { offerFor }]) => {
      if (gone || !place.current) return;
      const { id, language, code, readOnly } = latest.current;
      const extension = { python: 'py', sql: 'sql', typescript: 'ts' }[language];
      const uri = monaco.Uri.parse(`file:///${id}.${extension}`);
      monaco.editor.getModel(uri)?.dispose();
      const model = monaco.editor.createModel(code, language, uri);
      withdraw = offerFor(uri.toString(), () => latest.current.offered);
      // colour is for state and type; brackets are neither
      model.updateOptions({
        bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false },
      });
      editor = monaco.editor.create(place.current, {
        model,
        theme: 'ledger',
        readOnly,
        automaticLayout: true,
        fontSize: 12.5,
        lineHeight: 19,
        fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
        minimap: { enabled: false },
        lineNumbersMinChars: 3,
        folding: false,
        glyphMargin: false,
        scrollBeyondLastLine: false,
        renderLineHighlight: 'line',
        overviewRulerLanes: 0,
        padding: { top: 8, bottom: 8 },
        scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10, alwaysConsumeMouseWheel: false },
        ariaLabel: t('Code of the node. Escape, then Tab, leaves it.'),
        tabSize: language === 'typescript' ? 2 : 4,
        fixedOverflowWidgets: true,
        wordBasedSuggestions: 'currentDocument',
        stickyScroll: { enabled: false },
      });
      model.onDidChangeContent(() => {
        const text = model.getValue();
        if (text !== latest.current.code) latest.current.onChange(text);
      });
      // runs the pipeline, as everywhere on the page
      monaco.editor.addKeybindingRule({ keybinding: monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, command: null });
      // Escape frees the Tab key once nothing is left to close
      editor.addCommand(
        monaco.KeyCode.Escape,
        () => {
          (document.activeElement as HTMLElement | null)?.blur();
          place.current?.closest<HTMLElement>('[data-code-exit]')?.focus();
        },
        '!suggestWidgetVisible && !findWidgetVisible && !renameInputVisible && !parameterHintsVisible',
      );
      setMade({ monaco, editor });
    });
    return () => {
      gone = true;
      withdraw?.();
      editor?.getModel()?.dispose();
      editor?.dispose();
    };
  }, []);

  const { code, readOnly, problems, goTo } = props;
  useEffect(() => {
    const model = made?.editor.getModel();
    if (!made || !model) return;
    made.editor.updateOptions({ readOnly });
    if (model.getValue() !== code)
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text: code }], () => null); // undone, or edited by somebody else
  }, [made, code, readOnly]);
  useEffect(() => {
    const model = made?.editor.getModel();
    if (!made || !model) return;
    made.monaco.editor.setModelMarkers(
      model,
      'drawloom',
      problems
        .filter((problem) => problem.line !== undefined)
        .map((problem) => {
          const line = Math.min(Math.max(1, problem.line!), model.getLineCount());
          const column = problem.column ?? 1;
          return {
            severity:
              problem.severity === 'error' ? made.monaco.MarkerSeverity.Error : made.monaco.MarkerSeverity.Warning,
            message: problem.message,
            startLineNumber: line,
            endLineNumber: line,
            startColumn: column,
            endColumn: model.getLineMaxColumn(line),
          };
        }),
    );
  }, [made, problems]);
  useEffect(() => {
    if (!made || !goTo) return;
    made.editor.focus();
    made.editor.revealLineInCenter(goTo.line);
    made.editor.setPosition({ lineNumber: goTo.line, column: 1 });
  }, [made, goTo]);

  return (
    // `nokey`: the canvas listens everywhere for the space bar, and takes what Monaco types into for no field. Told so, it leaves it.
    <div className={`${styles.box} nokey`} data-testid="code">
      {!made && (
        <textarea
          className={styles.plain}
          aria-label={t('Code')}
          value={code}
          readOnly={readOnly}
          spellCheck={false}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
      <div ref={place} className={styles.monaco} style={made ? undefined : { visibility: 'hidden' }} />
    </div>
  );
}

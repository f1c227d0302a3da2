/** The code of one node: the ports that it declares, the code editor, and what is wrong with it, in the drawing and in the shown run. */
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import type { NodeId, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { changeNode } from '../document/commands.ts';
import { useDrawing, useDrawingObject, useDrawingShallow } from '../document/DrawingContext.tsx';
import { PortShape } from '../palette/PortShape.tsx';
import { cx } from '../ui/cx.ts';
import { t } from '../words/index.ts';
import { CodeEditor } from './CodeEditor.tsx';
import { useArriving } from './columns.ts';
import { useFailure } from './Failure.tsx';
import { useWantedField } from './focus.ts';
import styles from './Inspector.module.css';

export function CodePanel({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const language = drawing.catalog.get(node.type)?.language ?? 'python';
  const shape = useDrawing((state) => state.shapes.get(id));
  const found = useDrawingShallow((state) => state.problems.filter((problem) => problem.at === `/nodes/${id}/code`));
  const tables = useArriving(id);
  const failure = useFailure(id, node);
  // what broke in the run is marked where it broke, as long as the code is the one that ran
  const message = failure?.sameCode ? failure.message : null;
  const line = failure?.line ?? null;
  const problems = useMemo<readonly Problem[]>(
    () =>
      message === null || line === null
        ? found
        : [...found, { code: 'run_failed', severity: 'error', message, at: `/nodes/${id}/code`, node: id, line }],
    [found, message, line, id],
  );
  const wanted = useWantedField((store) =>
    store.wanted?.node === id && store.wanted.line !== null ? store.wanted : null,
  );
  const goTo = useMemo(() => (wanted ? { line: wanted.line!, turn: wanted.turn } : null), [wanted]);
  const last = useRef(goTo);
  if (goTo) last.current = goTo;
  useEffect(() => {
    if (goTo) useWantedField.setState({ wanted: null });
  }, [goTo]);
  const change = useCallback(
    (code: string) => void drawing.edit(t('Edit code'), (draft) => changeNode(draft, id, { code }), `code ${id}`),
    [drawing, id],
  );
  const offered = {
    tables,
    parameters: Object.entries((shape?.parameters.properties ?? {}) as Record<string, { type?: string }>).map(
      ([name, { type }]) => ({ name, type: type ?? '' }),
    ),
  };
  const ports = (list: readonly Port[] | undefined) =>
    (list ?? []).map((port) => (
      <span key={port.name} style={{ display: 'inline-flex', alignItems: 'center', gap: 4, marginRight: 10 }}>
        <PortShape kind={port.kind} filled={!port.optional} size={9} /> {port.name}
      </span>
    ));
  return (
    <div className={cx(styles.body, styles.fill)} data-code-exit="" tabIndex={-1}>
      <div className={styles.muted} aria-live="polite" style={{ fontSize: 12 }}>
        {ports(shape?.inputs)}
        {(shape?.inputs.length ?? 0) > 0 && '→ '}
        {ports(shape?.outputs)}
      </div>
      <CodeEditor
        id={`${drawing.id}/${id}`}
        language={language}
        code={node.code ?? ''}
        readOnly={readOnly}
        problems={problems}
        offered={offered}
        goTo={last.current}
        onChange={change}
      />
      {found.length > 0 && (
        <ul>
          {found.slice(0, 3).map((problem) => (
            <li
              key={`${problem.line} ${problem.message}`}
              style={{ color: problem.severity === 'error' ? 'var(--failed)' : 'var(--warning-text)', fontSize: 12 }}
            >
              {problem.line
                ? t('Line {line}: {message}', { line: problem.line, message: problem.message })
                : problem.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

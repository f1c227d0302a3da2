/** Ctrl+F on the canvas: looks for nodes by words and operators, lets all others step back, and goes from one to the next. */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useCardFacts } from '../../canvas/cardFacts.ts';
import { announce, useView } from '../../canvas/view.ts';
import { useDrawing } from '../../document/DrawingContext.tsx';
import { findNodes } from '../../document/find.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import styles from './FindBar.module.css';
import type { PageContext } from './pageContext.ts';
import { usePage } from './pageState.ts';

export function FindBar({ context }: { context: PageContext }) {
  const { drawing, canvas } = context;
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const document = useDrawing((state) => state.document);
  const marks = useDrawing((state) => state.nodeMarks);
  const facts = useCardFacts((state) => state.nodes);
  const found = useMemo(
    () =>
      findNodes(query, {
        document,
        marks,
        catalog: drawing.catalog,
        shapes: drawing.shapes,
        statusOf: (id) => facts[id]?.status,
      }),
    [query, document, marks, facts, drawing],
  );
  useEffect(() => {
    field.current?.focus();
    return () => useView.setState({ found: null });
  }, []);
  useEffect(() => useView.setState({ found: found && new Set(found) }), [found]);
  const close = () => {
    usePage.setState({ find: false });
    canvas.focus([...drawing.selection.nodes].at(-1));
  };
  const go = (by: number) => {
    if (!found || found.length === 0) return;
    const next = at < 0 && by < 0 ? found.length - 1 : (at + by + found.length) % found.length;
    const id = found[next]!;
    setAt(next);
    drawing.select({ nodes: new Set([id]) });
    canvas.show(id, true);
    announce(t('{at} of {n}: {name}', { at: next + 1, n: found.length, name: document.nodes[id]?.name ?? id }));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const count =
    found === null
      ? t('Words, is:invalid, uses:file.csv, type:sql, rate:>0.01')
      : at >= 0 && at < found.length
        ? t('{at} of {n}', { at: at + 1, n: found.length })
        : t('{n, plural, =0 {Nothing fits} one {# node} other {# nodes}}', { n: found.length });
  return (
    <search className={styles.bar} aria-label={t('Find in the pipeline')} data-testid="find-bar">
      <Icon name="search" size={15} />
      <input
        ref={field}
        className={styles.field}
        value={query}
        aria-label={t('Find in the pipeline')}
        placeholder={t('Find in the pipeline')}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(-1);
        }}
        onKeyDown={press}
      />
      <span className={styles.count} role="status" data-testid="find-count">
        {count}
      </span>
      <IconButton small icon="chevron-up" label={t('The one before')} onPress={() => go(-1)} />
      <IconButton small icon="chevron-down" label={t('The next one')} onPress={() => go(1)} />
      <IconButton small icon="close" label={t('Close')} onPress={close} />
    </search>
  );
}

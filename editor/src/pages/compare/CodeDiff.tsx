/** Code before and after, line by line, in the code editor's own view of differences; it is loaded when one is first opened. */
import { useEffect, useRef, useState } from 'react';
import { Loading } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './Compare.module.css';

/** At most so tall; what is longer is scrolled. */
const mostLines = 24;
const lineHeight = 18;

export function CodeDiff({ before, now, language }: { before: string; now: string; language: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let close: (() => void) | null = null;
    let gone = false;
    void import('../../inspector/monaco.ts').then(({ monaco }) => {
      if (gone || !place.current) return;
      const models = [before, now].map((code) => monaco.editor.createModel(code, language));
      const editor = monaco.editor.createDiffEditor(place.current, {
        theme: 'ledger',
        readOnly: true,
        automaticLayout: true,
        renderSideBySide: place.current.clientWidth > 760,
        fontSize: 12.5,
        lineHeight,
        fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
        minimap: { enabled: false },
        scrollBeyondLastLine: false,
        folding: false,
        glyphMargin: false,
        hideUnchangedRegions: { enabled: true },
        renderOverviewRuler: false,
      });
      editor.setModel({ original: models[0]!, modified: models[1]! });
      setReady(true);
      close = () => {
        editor.dispose();
        for (const model of models) model.dispose();
      };
    });
    return () => {
      gone = true;
      close?.();
    };
  }, [before, now, language]);
  const lines = Math.min(mostLines, Math.max(before.split('\n').length, now.split('\n').length) + 2);
  return (
    <section className={styles.code} style={{ height: lines * lineHeight }} aria-label={t('Code, before and now')}>
      {!ready && <Loading />}
      <div ref={place} style={{ height: '100%' }} />
    </section>
  );
}

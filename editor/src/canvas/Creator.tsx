/** The list of node types where the pointer is: after N, after a double click, or when a wire was dropped on empty canvas. */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { useEffect, useRef } from 'react';
import { TypeList } from '../palette/TypeList.tsx';
import { t } from '../words/index.ts';
import styles from './Canvas.module.css';
import { createNode, replaceWith } from './create.ts';
import type { CanvasHandle } from './handle.ts';
import { useView } from './view.ts';

export function Creator({ canvas }: { canvas: CanvasHandle }) {
  const place = useView((view) => view.creator);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place) return;
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) useView.setState({ creator: null });
    };
    document.addEventListener('pointerdown', outside, true);
    return () => document.removeEventListener('pointerdown', outside, true);
  }, [place]);
  if (!place) return null;
  const { width, height } = canvas.size;
  const close = () => {
    useView.setState({ creator: null });
    canvas.focus([...canvas.drawing.selection.nodes].at(-1));
  };
  const choose = (type: NodeType, { wired }: { wired: boolean }) => {
    useView.setState({ creator: null });
    canvas.focus();
    if (place.replace) {
      replaceWith(canvas, place.replace, type, (id) => canvas.focus(id));
      return;
    }
    createNode(canvas, type, {
      ...(place.beside ? { toSelection: wired } : { point: place.flow }),
      wire: place.wire,
      onAdded: (id) => canvas.focus(id),
    });
  };
  return (
    <div
      ref={box}
      role="dialog"
      aria-label={place.replace ? t('Replace the node') : t('Add a node')}
      data-testid="creator"
      className={styles.creator}
      style={{
        left: Math.max(8, Math.min(place.screen.x, width - 316)),
        top: Math.max(8, Math.min(place.screen.y, height - 392)),
        maxHeight: Math.min(380, height - 16),
      }}
    >
      <TypeList
        autoFocus
        wire={place.wire}
        onChoose={choose}
        onEscape={close}
        foot={place.beside ? t('Enter adds and connects, Shift+Enter only adds') : undefined}
      />
    </div>
  );
}

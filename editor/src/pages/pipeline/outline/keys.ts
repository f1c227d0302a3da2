/** The keys of the outline: those that a tree has everywhere, and those that edit what a row stands for. */
import { type KeyboardEvent, useRef } from 'react';
import type { Drawing } from '../../../document/drawing.ts';
import type { Act } from './acts.ts';
import { type Row, textOf } from './rows.ts';

/** Letters that follow each other so soon are one beginning of a name. */
const togetherMs = 800;
const page = 10;

export function useTreeKeys(on: {
  rows: readonly Row[];
  at: number;
  drawing: Drawing;
  show: (row: Row) => void;
  turn: (row: Row, open: boolean) => void;
  turnAll: (open: boolean) => void;
  act: (what: Act, more?: boolean) => void;
}): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', at: 0 });
  const { rows, at } = on;
  const row = rows[at];

  const go = (to: number) => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (next) on.show(next);
  };
  const parent = () => {
    for (let index = at - 1; row && index >= 0; index--) if (rows[index]!.level < row.level) return index;
    return at;
  };
  /** The next row, round from the current one, whose text begins with what was typed. */
  const typeAhead = (letter: string, now: number) => {
    const going = now - typed.current.at < togetherMs;
    const text = (going ? typed.current.text : '') + letter.toLowerCase();
    typed.current = { text, at: now };
    const same = [...text].every((one) => one === text[0]); // the same letter again: the next one
    const wanted = same ? text[0]! : text;
    const from = same ? at + 1 : at;
    const fits = (one: Row) => textOf(on.drawing.document, one).toLowerCase().startsWith(wanted);
    // nodes first: each wire bears a name of one as well
    for (const among of [(one: Row) => one.is === 'node', () => true])
      for (let step = 0; step < rows.length; step++) {
        const index = (from + step) % rows.length;
        if (among(rows[index]!) && fits(rows[index]!)) return go(index);
      }
  };

  return (event) => {
    if (event.defaultPrevented || !row) return;
    const { key } = event;
    if (key.length > 1) typed.current.text = ''; // whoever went elsewhere begins a new name
    const chord = event.ctrlKey || event.metaKey;
    const done = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (chord || event.altKey) {
      const way = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;
      if (!chord || event.altKey || !(key in way)) return;
      done();
      on.act(way[key as keyof typeof way], event.shiftKey);
      return;
    }
    switch (key) {
      case 'ArrowDown':
        done();
        return go(at + 1);
      case 'ArrowUp':
        done();
        return go(at - 1);
      case 'Home':
        done();
        return go(0);
      case 'End':
        done();
        return go(rows.length - 1);
      case 'PageDown':
        done();
        return go(at + page);
      case 'PageUp':
        done();
        return go(at - page);
      case 'ArrowRight':
        done();
        if (row.open === false) return on.turn(row, true);
        return row.open ? go(at + 1) : undefined;
      case 'ArrowLeft':
        done();
        return row.open ? on.turn(row, false) : go(parent());
      case '*':
        done();
        return on.turnAll(true);
      case ' ':
        done();
        if (event.timeStamp - typed.current.at < togetherMs && typed.current.text) typeAhead(' ', event.timeStamp);
        else on.show(row);
        return;
      case 'Enter':
        done();
        if (row.is === 'node') return row.open === false ? on.turn(row, true) : on.turn(row, false);
        return on.act(row.is === 'wire' || row.is === 'wait' ? 'follow' : 'connect');
      case 'F2':
        done();
        return on.act('rename');
      case 'Delete':
      case 'Backspace':
        done();
        return on.act('delete');
      case 'Insert':
      case '+':
        done();
        return on.act('add');
      case '=':
        done();
        return on.act('connect');
      default:
        if (key.length === 1 && key.trim() !== '') {
          done();
          typeAhead(key, event.timeStamp);
        }
    }
  };
}

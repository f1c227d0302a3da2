/** Decides where cards stand, worked out beside the page; what stood before stays until that is there. */
import { useEffect, useRef, useState } from 'react';
import type { Shown } from './graph.ts';
import type { Layout } from './layout.ts';
import { sizeOf } from './sizes.ts';

export function useLayout(shown: Shown | null): { layout: Layout; shown: Shown } | null {
  const [laid, setLaid] = useState<{ layout: Layout; shown: Shown } | null>(null);
  const worker = useRef<Worker | null>(null);
  const turn = useRef(0);
  const wanted = useRef<Shown | null>(null);

  useEffect(() => {
    const made = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    made.onmessage = ({ data }: MessageEvent<{ turn: number; layout: Layout }>) => {
      if (data.turn === turn.current && wanted.current) setLaid({ layout: data.layout, shown: wanted.current });
    };
    worker.current = made;
    return () => made.terminate();
  }, []);
  useEffect(() => {
    wanted.current = shown;
    turn.current += 1;
    if (!shown) return setLaid(null);
    worker.current?.postMessage({
      turn: turn.current,
      cards: shown.nodes.map((node) => ({ id: node.id, ...sizeOf(node) })),
      arrows: shown.edges.map(({ from, to }) => ({ from, to })),
    });
  }, [shown]);
  return laid;
}

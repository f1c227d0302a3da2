/** Lays out a lineage beside the page, so that the page stays awake. */
import { type Arrow, layOut, type Sized } from './layout.ts';

self.onmessage = ({ data }: MessageEvent<{ turn: number; cards: Sized[]; arrows: Arrow[] }>) => {
  self.postMessage({ turn: data.turn, layout: layOut(data.cards, data.arrows) });
};

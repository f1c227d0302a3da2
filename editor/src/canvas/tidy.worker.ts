/** Lays out a drawing beside the page, so that the page stays awake. */
import { type TidyAsk, tidy } from './tidy.ts';

self.onmessage = (message: MessageEvent<TidyAsk>) => {
  self.postMessage(tidy(message.data));
};

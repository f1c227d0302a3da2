/** Takes Markdown apart beside the page, so that a text which is slow to take apart holds up nobody. */
import { readMarkdown } from './markdown.ts';

self.onmessage = (message: MessageEvent<string>) => {
  self.postMessage(readMarkdown(message.data));
};

/** Names this program's version, as its package has it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from './checkout.ts';

export const version: string = (
  JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')) as { version: string }
).version;

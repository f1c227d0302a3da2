/** Draws a name for a run that nobody named: two words and a number, easier to say than an id. */
import { randomInt } from 'node:crypto';

const kinds = [
  'amber',
  'brisk',
  'calm',
  'clever',
  'crisp',
  'eager',
  'gentle',
  'golden',
  'keen',
  'lively',
  'lucid',
  'mellow',
  'nimble',
  'polite',
  'quiet',
  'rapid',
  'silver',
  'steady',
  'sunny',
  'vivid',
];
const things = [
  'bobbin',
  'braid',
  'canvas',
  'fabric',
  'heddle',
  'knot',
  'lace',
  'linen',
  'needle',
  'pattern',
  'reed',
  'ribbon',
  'shuttle',
  'silk',
  'spindle',
  'thread',
  'twill',
  'warp',
  'weft',
  'yarn',
];

export const drawName = (): string =>
  `${kinds[randomInt(kinds.length)]}-${things[randomInt(things.length)]}-${randomInt(1000)}`;

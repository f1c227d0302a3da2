/**
 * Decides whether a node runs, from how its parents ended. `drawloom.decide` is the same function in SQL, and the one that counts;
 * this one tells ahead what will happen. A test holds them against each other.
 */
import * as z from 'zod';

export const TriggerRule = z.enum([
  'all_success',
  'all_failed',
  'all_skipped',
  'all_done',
  'one_success',
  'one_failed',
  'one_skipped',
  'one_done',
  'none_success',
  'none_failed',
  'none_skipped',
  'none_failed_min_one_success',
]);
export type TriggerRule = z.infer<typeof TriggerRule>;

export const ordinaryRule: TriggerRule = 'all_success';

/**
 * How a node's parents stand. Failed are those that failed or were cancelled, and those that could not run because of one that did;
 * skipped those that were not meant to run, and those that gave nothing on the way to this node.
 */
export interface Parents {
  parents: number;
  left: number;
  failed: number;
  skipped: number;
}

/** blocked: it does not run because something before it failed, and counts as failed for what follows. skip: it was not meant to run. */
export type Decision = 'run' | 'skip' | 'blocked' | 'wait';

/** Told as soon as it is certain: what further parents do changes nothing of it. */
export function decide(rule: TriggerRule, { parents, left, failed, skipped }: Parents): Decision {
  const good = parents - left - failed - skipped;
  const done = left === 0;
  const atLeastOne = (count: number): Decision => (count > 0 ? 'run' : done ? 'skip' : 'wait');
  const exceptFor = (count: number): Decision => (count > 0 ? 'skip' : done ? 'run' : 'wait');
  switch (rule) {
    case 'all_success':
      return failed > 0 ? 'blocked' : !done ? 'wait' : skipped > 0 ? 'skip' : 'run';
    case 'all_failed':
      return exceptFor(good + skipped);
    case 'all_skipped':
      return exceptFor(good + failed);
    case 'all_done':
      return done ? 'run' : 'wait';
    case 'one_success':
      return good > 0 ? 'run' : !done ? 'wait' : failed > 0 ? 'blocked' : 'skip';
    case 'one_failed':
      return atLeastOne(failed);
    case 'one_skipped':
      return atLeastOne(skipped);
    case 'one_done':
      return atLeastOne(parents - left);
    case 'none_success':
      return exceptFor(good);
    case 'none_failed':
      return failed > 0 ? 'blocked' : done ? 'run' : 'wait';
    case 'none_skipped':
      return exceptFor(skipped);
    case 'none_failed_min_one_success':
      return failed > 0 ? 'blocked' : !done ? 'wait' : good > 0 ? 'run' : 'skip';
  }
}

/** Whether a node under this rule may run although one of its parents gave nothing. */
export const runsWithout = (rule: TriggerRule, parents: number): boolean =>
  rule !== 'all_success' && !(parents === 1 && (rule === 'one_success' || rule === 'none_failed_min_one_success'));

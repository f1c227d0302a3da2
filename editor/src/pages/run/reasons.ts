/** Why an attempt ended, as a sentence with its evidence. */
import type { Attempt } from '@drawloom/shared/api/runs.ts';
import type { AttemptReason } from '@drawloom/shared/run/status.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { t } from '../../words/index.ts';

export function reasonSentence(reason: AttemptReason | null, evidence?: Attempt): string {
  switch (reason) {
    case 'ok':
      return t('Done.');
    case 'user_error':
      return t('The node’s code raised an error.');
    case 'bad_output':
      return t('The node gave something else than it declares.');
    case 'bad_input':
      return t('An input could not be read.');
    case 'timeout':
      return t('It ran into its time limit after {time}.', { time: formatDuration(evidence?.wallMs ?? null) });
    case 'queue_timeout':
      return t('It could have begun, and did not within its limit.');
    case 'oom':
      return t('It ran out of memory at {peak}. Raise its memory limit, or let it hold less at once.', {
        peak: evidence?.peakMemoryBytes ? formatBytes(evidence.peakMemoryBytes) : '–',
      });
    case 'disk_full':
      return t('It wrote more than its disk limit allows.');
    case 'killed':
      return t('A signal ended it ({signal}).', { signal: evidence?.signal ?? '?' });
    case 'lost':
      return t('Its worker went away.');
    case 'infra':
      return t('It could not be started or recorded; the fault is not in the node.');
    case 'cancelled':
      return t('Somebody stopped it.');
    case 'child_failed':
      return t('The run that it started failed, or was stopped.');
    case 'items_failed':
      return t('Too many of the items that it goes through failed.');
    case 'rejected':
      return t('Somebody who was asked to approve said no.');
    case 'expired':
      return t('Nobody approved in time.');
    case 'upstream_failed':
      return t('Something before it failed.');
    case 'not_taken':
      return t('It was not meant to run.');
    case 'parked':
      return t('It went on waiting, for something that needs no worker.');
    case null:
      return t('Not ended.');
  }
}

/** Decides how news, kinds of channels and states of deliveries are called on screen. */
import type { ChannelKind, Delivery, NewsKind } from '@drawloom/shared/api/notifications.ts';
import type { Status } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';

export function newsWord(news: NewsKind): string {
  const words: Record<NewsKind, string> = {
    failed: t('A run failed'),
    recovered: t('It works again'),
    late: t('A run is late'),
    missing: t('A run is missing'),
    approval: t('An approval is asked for'),
    stopped: t('A trigger stopped'),
  };
  return words[news];
}

export function newsMeaning(news: NewsKind): string {
  const meanings: Record<NewsKind, string> = {
    failed: t('Told once: further failures are no news until a run succeeds.'),
    recovered: t('The first success after a failure.'),
    late: t('A scheduled run is not over so long after its time.'),
    missing: t('A scheduled time passed and no run came of it.'),
    approval: t('A run waits for somebody to approve, and goes on then.'),
    stopped: t('Whoever saved it last may not manage triggers any more.'),
  };
  return meanings[news];
}

export function kindWord(kind: ChannelKind): string {
  const words: Record<ChannelKind, string> = {
    chat: t('Chat'),
    webhook: t('Webhook'),
    email: t('E-mail'),
    openlineage: 'OpenLineage',
  };
  return words[kind];
}

/** A delivery borrows the marks of runs: they mean the same. */
export function deliveryStatus(state: Delivery['state']): Status {
  if (state === 'delivered') return 'succeeded';
  return state === 'given_up' ? 'failed' : 'waiting';
}

export function deliveryWord(state: Delivery['state']): string {
  if (state === 'delivered') return t('Delivered');
  return state === 'given_up' ? t('Given up') : t('Waits for its next try');
}

/** Being built. */
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';

export function LineagePage() {
  return <Page title={t('Lineage')}>{null}</Page>;
}

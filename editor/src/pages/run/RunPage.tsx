/** Being built. */
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';

export function RunPage() {
  return <Page title={t('Run')}>{null}</Page>;
}

/** Being built. */
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';

export function RunsPage() {
  return <Page title={t('Runs')}>{null}</Page>;
}

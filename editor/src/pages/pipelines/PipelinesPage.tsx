import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
export function PipelinesPage() {
  return <Page title={t('Pipelines')}>{null}</Page>;
}

import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
export function PipelinePage() {
  return <Page title={t('Pipeline')}>{null}</Page>;
}

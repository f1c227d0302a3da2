/** Being built. */
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';

export function SchedulesPage() {
  return <Page title={t('Schedules')}>{null}</Page>;
}

/** Being built. */
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';

export function SettingsPage() {
  return <Page title={t('Settings')}>{null}</Page>;
}

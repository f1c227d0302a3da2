/** How the editor looks on this machine. */
import { setDensity, setTheme, useAppearance } from '../../app/appearance.ts';
import { Segmented } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { chooseLanguage, currentLanguage, isPseudo, type Language, languages, t } from '../../words/index.ts';
import { Row, Section } from './parts.tsx';

export function Appearance() {
  const { theme, density } = useAppearance();
  return (
    <Section title={t('Appearance')} about={t('Kept on this machine.')}>
      <Row title={t('Theme')} about={t('Light, dark, or whatever the system is set to.')}>
        <Segmented
          label={t('Theme')}
          value={theme}
          onChange={setTheme}
          options={[
            { id: 'system', text: t('As the system') },
            { id: 'light', text: t('Light'), icon: 'sun' },
            { id: 'dark', text: t('Dark'), icon: 'moon' },
          ]}
        />
      </Row>
      <Row title={t('Density')} about={t('Compact fits more on the screen; it moves nothing on a drawing.')}>
        <Segmented
          label={t('Density')}
          value={density}
          onChange={setDensity}
          options={[
            { id: 'comfortable', text: t('Comfortable') },
            { id: 'compact', text: t('Compact') },
          ]}
        />
      </Row>
      <Row title={t('Language')} about={t('The page loads again when it changes.')}>
        <Select
          label={t('Language')}
          hideLabel
          value={currentLanguage()}
          onChange={(id) => id !== currentLanguage() && chooseLanguage(id as Language)}
          options={Object.entries(languages)
            .filter(([id]) => !isPseudo(id) || isPseudo(currentLanguage()) || import.meta.env.DEV)
            .map(([id, text]) => ({ id, text }))}
        />
      </Row>
    </Section>
  );
}

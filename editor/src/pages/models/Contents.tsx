/** What a version takes and gives, and what it needs to be loaded, as the texts among its files say. */
import type { ModelContents, SignatureField } from '@drawloom/shared/api/models.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { t } from '../../words/index.ts';
import { LongText } from './LongText.tsx';
import styles from './Models.module.css';
import { Section } from './Section.tsx';

export function Contents({ contents: { signature, environment, inputExample } }: { contents: ModelContents }) {
  return (
    <>
      <Section title={t('Signature')}>
        {signature ? (
          <>
            <Fields title={t('Inputs')} fields={signature.inputs} />
            <Fields title={t('Outputs')} fields={signature.outputs} />
            {signature.params.length > 0 && <Fields title={t('Settings of a prediction')} fields={signature.params} />}
          </>
        ) : (
          <p className={styles.muted}>
            {t('It says nothing of what it takes. Log it with an input example, and its signature is known.')}
          </p>
        )}
        {inputExample?.text != null && (
          <>
            <h3>{t('Input example')}</h3>
            <LongText label={t('Input example')} text={inputExample.text} />
          </>
        )}
      </Section>
      <Section title={t('Environment')}>
        {environment ? (
          <>
            {environment.python && (
              <p className={styles.text}>{t('Python {version}', { version: environment.python })}</p>
            )}
            {environment.packages.length > 0 && (
              <LongText label={t('Packages')} text={environment.packages.join('\n')} />
            )}
          </>
        ) : (
          <p className={styles.muted}>{t('It does not say what it needs to be loaded.')}</p>
        )}
      </Section>
    </>
  );
}

function Fields({ title, fields }: { title: string; fields: readonly SignatureField[] }) {
  return (
    <>
      <h3>{title}</h3>
      {fields.length === 0 ? (
        <p className={styles.muted}>{t('Nothing is said of them.')}</p>
      ) : (
        <NamedValues
          caption={title}
          rows={fields.map(({ name, type, required, default: standard }, place) => ({
            key: String(place), // they have no names of their own, and never move
            name: name ?? t('without a name'),
            value: (
              <>
                <code>{type}</code>
                {!required && ` ${t('optional')}`}
                {standard !== undefined && ` ${t('else {value}', { value: JSON.stringify(standard) })}`}
              </>
            ),
          }))}
        />
      )}
    </>
  );
}

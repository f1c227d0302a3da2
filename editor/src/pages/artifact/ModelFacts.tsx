/** What is known of a model: what it is, what it takes and answers, how it was set, and what it needs. */
import type { Json } from '@drawloom/shared/json.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Facts } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';

const told = new Set([
  'class',
  'module',
  'parameters',
  'features',
  'featureCount',
  'sizeBytes',
  'requirements',
  'python',
  'steps',
  'classes',
]);

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const record = (value: Json | undefined): Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const written = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

export function ModelFacts({ facts, sizeBytes }: { facts: Readonly<Record<string, Json>>; sizeBytes: number }) {
  const kind = [text(facts.module), text(facts.class)].filter(Boolean).join('.');
  const steps = list(facts.steps).map((step) => text(record(step).class) ?? written(step));
  const features = list(facts.features).map(record);
  const classes = list(facts.classes);
  const parameters = Object.entries(record(facts.parameters));
  const others = Object.entries(facts).filter(([name]) => !told.has(name));
  return (
    <div className={styles.padded}>
      <Facts
        of={[
          ...(kind ? [[t('Class'), <code key="class">{kind}</code>] as const] : []),
          ...(steps.length > 0 ? [[t('Steps'), steps.join(' → ')] as const] : []),
          [t('Size'), formatBytes(typeof facts.sizeBytes === 'number' ? facts.sizeBytes : sizeBytes)],
          ...(classes.length > 0 ? [[t('Answers one of'), classes.map(written).join(', ')] as const] : []),
          ...(text(facts.python) ? [['Python', text(facts.python)!] as const] : []),
          ...(list(facts.requirements).length > 0
            ? [[t('Needs'), list(facts.requirements).map(written).join(', ')] as const]
            : []),
        ]}
      />
      {features.length > 0 && (
        <section aria-label={t('Signature')}>
          <h3>
            {t('Signature')}{' '}
            <small>
              {t('{n, plural, one {# column} other {# columns}}', { n: Number(facts.featureCount ?? features.length) })}
            </small>
          </h3>
          <NamedValues
            caption={t('Signature')}
            rows={features.slice(0, 500).map((feature, place) => ({
              key: String(place),
              name: text(feature.name) ?? t('without a name'),
              value: <code>{text(feature.type) ?? t('Unknown')}</code>,
            }))}
          />
          {features.length > 500 && <p>{t('{n} more', { n: formatCount(features.length - 500) })}</p>}
        </section>
      )}
      {parameters.length > 0 && (
        <section aria-label={t('Parameters')}>
          <h3>{t('Parameters')}</h3>
          <NamedValues
            caption={t('Parameters')}
            rows={parameters.map(([name, value]) => ({ key: name, name, value: <code>{written(value)}</code> }))}
          />
        </section>
      )}
      {others.length > 0 && <Facts of={others.map(([name, value]) => [name, written(value)])} />}
    </div>
  );
}

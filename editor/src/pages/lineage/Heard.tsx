/** What another program told of a job or a data set of its own: its latest runs, its columns, and each facet as it came. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { ToldLineage } from '@drawloom/shared/api/lineage.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { useCall } from '../../api/useCall.ts';
import { type NamedValue, NamedValues } from '../../ui/NamedValues.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './LineagePage.module.css';
import { jobStateWord } from './words.ts';

export function Heard({ project, id }: { project: string; id: string }) {
  const { data, problem, reload } = useCall(routes.getToldLineage, { params: { project }, query: { of: id } });
  if (problem) return <ProblemNotice problem={problem} onRetry={reload} />;
  if (!data || data.id !== id) return null;
  const { schema, ...facets } = data.facets;
  const columns = columnsIn(schema?.facet);
  return (
    <>
      {data.runs.length > 0 && <Runs runs={data.runs} />}
      {columns.length > 0 && (
        <section aria-label={t('Columns')}>
          <h3>{t('Columns')}</h3>
          <NamedValues caption={t('Columns')} rows={columns} />
        </section>
      )}
      {Object.keys(facets).length > 0 && (
        <section aria-label={t('Facets')}>
          <h3>{t('Facets')}</h3>
          {Object.entries(facets).map(([name, { facet, at }]) => (
            <details key={name}>
              <summary>{name}</summary>
              <Ago at={at} />
              <pre className={styles.facet}>{JSON.stringify(facet, null, 2)}</pre>
            </details>
          ))}
        </section>
      )}
    </>
  );
}

function Runs({ runs }: { runs: ToldLineage['runs'] }) {
  return (
    <section aria-label={t('Latest runs')}>
      <h3>{t('Latest runs')}</h3>
      <NamedValues
        caption={t('Latest runs')}
        rows={runs.map(({ id, state, at }) => ({ key: id, name: jobStateWord(state), value: <Ago at={at} /> }))}
      />
    </section>
  );
}

/** Of a facet that says which columns there are; whatever else it is, it has none. */
function columnsIn(facet: Json | undefined): NamedValue[] {
  if (typeof facet !== 'object' || facet === null || Array.isArray(facet) || !Array.isArray(facet.fields)) return [];
  return facet.fields.flatMap((field, index) =>
    typeof field === 'object' && field !== null && !Array.isArray(field) && typeof field.name === 'string'
      ? [{ key: `${index}`, name: field.name, value: typeof field.type === 'string' ? field.type : '' }]
      : [],
  );
}

/** Which pool of the project a node takes slots of while it runs, and how many. */
import { largestPool, type PoolWant } from '@drawloom/shared/pipeline/document.ts';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { NumberField, Select } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';
import styles from './Inspector.module.css';

export function PoolForm(props: {
  pool: PoolWant | undefined;
  readOnly: boolean;
  onChange: (pool: PoolWant | undefined) => void;
}) {
  const { pool, readOnly, onChange } = props;
  const drawing = useDrawingObject();
  const { data } = useCall(routes.listPools, { params: { project: drawing.project } });
  const known = data?.pools.find((one) => one.name === pool?.name);
  const gone = data && pool && !known;
  const wanted = pool?.slots ?? 1;
  return (
    <div className={formStyles.stack}>
      <div className={styles.pair}>
        <Select
          label={t('Pool')}
          isDisabled={readOnly}
          options={[
            { id: '', text: t('None') },
            ...(gone ? [{ id: pool.name, text: pool.name }] : []),
            ...(data?.pools ?? []).map((one) => ({
              id: one.name,
              text: one.name,
              hint: t('{n, plural, one {# slot} other {# slots}}', { n: one.size }),
            })),
          ]}
          value={pool?.name ?? ''}
          onChange={(name) => onChange(name ? { ...pool, name } : undefined)}
          mistake={gone ? t('The project has no pool of this name. Make it under Settings, Pools.') : null}
        />
        <NumberField
          label={t('Slots')}
          isReadOnly={readOnly}
          isDisabled={!pool}
          whole
          minimum={1}
          maximum={known?.size ?? largestPool}
          placeholder="1"
          value={pool?.slots ?? null}
          onChange={(slots) =>
            pool &&
            onChange(
              slots === null
                ? { name: pool.name }
                : { name: pool.name, slots: Math.min(largestPool, Math.max(1, Math.round(slots))) },
            )
          }
          mistake={known && wanted > known.size ? t('It has {n}.', { n: known.size }) : null}
        />
      </div>
      <span className={formStyles.hint}>
        {t('Nodes that name a pool share its slots, and wait in line while all are held.')}
      </span>
    </div>
  );
}

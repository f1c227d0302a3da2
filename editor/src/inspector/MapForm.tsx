/** Whether a node runs once, or once per item of a list: over what, how many at once, and how many have to do well. */
import type { ItemMap, NodeId, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { itemPlaces } from '@drawloom/shared/pipeline/map.ts';
import { shapeWithin } from '@drawloom/shared/signature/index.ts';
import { changeNode } from '../document/commands.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { NumberField, Select } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';
import styles from './Inspector.module.css';

export function MapForm({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const type = drawing.catalog.get(node.type);
  if (!type?.language) return null;
  const { map } = node;
  const places = itemPlaces(shapeWithin(node, type));
  if (places.length === 0 && !map) return null;
  const change = (next: ItemMap | undefined) =>
    drawing.edit(
      t('Change over what a node runs'),
      (draft) => changeNode(draft, id, { map: next } as unknown as Partial<PipelineNode>),
      `map ${id}`,
    );
  const set = (part: { [Key in keyof ItemMap]?: ItemMap[Key] | undefined }) =>
    change(
      Object.fromEntries(Object.entries({ ...map, ...part }).filter(([, value]) => value !== undefined)) as ItemMap,
    );
  const known = map && !places.includes(map.over) ? [...places, map.over] : places;
  return (
    <>
      <Select
        label={t('Runs')}
        isDisabled={readOnly}
        options={[
          { id: '', text: t('Once') },
          ...known.map((name) => ({ id: name, text: t('Once per item, at “{name}”', { name }) })),
        ]}
        value={map?.over ?? ''}
        onChange={(over) => (over === '' ? change(undefined) : set({ over }))}
      />
      {map && (
        <>
          <div className={styles.pair}>
            <NumberField
              label={t('Items at once')}
              isReadOnly={readOnly}
              whole
              minimum={1}
              maximum={1000}
              placeholder="1000"
              value={map.concurrency ?? null}
              onChange={(concurrency) =>
                set({
                  concurrency: concurrency === null ? undefined : Math.min(1000, Math.max(1, Math.round(concurrency))),
                })
              }
            />
            <NumberField
              label={t('Have to do well')}
              unit="%"
              isReadOnly={readOnly}
              minimum={0}
              maximum={100}
              placeholder="100"
              value={map.minSuccessShare === undefined ? null : Number((map.minSuccessShare * 100).toPrecision(12))}
              onChange={(percent) =>
                set({
                  minSuccessShare:
                    percent === null ? undefined : Number((Math.min(100, Math.max(0, percent)) / 100).toPrecision(12)),
                })
              }
            />
          </div>
          <span className={formStyles.hint}>
            {t('A list arrives there. What each item gives goes on in its order, to an input that takes several.')}
          </span>
        </>
      )}
    </>
  );
}

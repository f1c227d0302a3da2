/** Whether a node runs once, or once per item of a list or of a table: over what, how many at once, and how many have to do well. */
import { pointer } from '@drawloom/shared/json.ts';
import type { ItemMap, NodeId, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { itemPlaces, tablePlaces } from '@drawloom/shared/pipeline/map.ts';
import { shapeWithin } from '@drawloom/shared/signature/index.ts';
import { changeNode } from '../document/commands.ts';
import { useDrawing, useDrawingObject } from '../document/DrawingContext.tsx';
import { NumberField, Select } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import { useColumns } from './columns.ts';
import { ColumnsField } from './dataFields.tsx';
import { Framed } from './Framed.tsx';
import formStyles from './form.module.css';
import { type FormHost, FormProvider } from './formContext.tsx';
import styles from './Inspector.module.css';

/** How what arrives is gone through: member by member, group by group, or so many rows after another. */
type Way = 'list' | 'groups' | 'rows';
const wayOf = (map: ItemMap): Way => (map.rows !== undefined ? 'rows' : map.by ? 'groups' : 'list');

export function MapForm({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const columns = useColumns(id);
  const type = drawing.catalog.get(node.type);
  if (!type?.language) return null;
  const { map } = node;
  const within = shapeWithin(node, type);
  const places: { way: Way; over: string }[] = [
    ...itemPlaces(within).map((over) => ({ way: 'list' as const, over })),
    ...tablePlaces(within).flatMap((over) => (['groups', 'rows'] as const).map((way) => ({ way, over }))),
  ];
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
  const here = map && { way: wayOf(map), over: map.over };
  const known =
    here && !places.some(({ way, over }) => way === here.way && over === here.over) ? [...places, here] : places;
  const choose = (chosen: string) => {
    const place = known.find((one) => keyOf(one) === chosen);
    if (!place) return change(undefined);
    set({
      over: place.over,
      by: place.way === 'groups' ? (map?.by ?? firstColumn(place.over)) : undefined,
      rows: place.way === 'rows' ? (map?.rows ?? 10_000) : undefined,
    });
  };
  const firstColumn = (port: string): string[] => {
    const arrived = columns(port);
    return [('columns' in arrived ? arrived.columns[0]?.name : undefined) ?? 'column'];
  };
  return (
    <>
      <Select
        label={t('Runs')}
        isDisabled={readOnly}
        options={[{ id: '', text: t('Once') }, ...known.map((one) => ({ id: keyOf(one), text: textOf(one) }))]}
        value={here ? keyOf(here) : ''}
        onChange={choose}
      />
      {map && (
        <>
          {map.by && <Groups id={id} map={map} readOnly={readOnly} onChange={(by) => by.length > 0 && set({ by })} />}
          {map.rows !== undefined && (
            <NumberField
              label={t('Rows at once')}
              isReadOnly={readOnly}
              whole
              minimum={1}
              maximum={1_000_000_000}
              value={map.rows}
              onChange={(rows) => set({ rows: Math.min(1_000_000_000, Math.max(1, Math.round(rows ?? 1))) })}
            />
          )}
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
            {wayOf(map) === 'list'
              ? t('A list arrives there. What each item gives goes on in its order, to an input that takes several.')
              : t('A table arrives there. What each part gives goes on in its order, to an input that takes several.')}
          </span>
        </>
      )}
    </>
  );
}

const keyOf = ({ way, over }: { way: Way; over: string }) => `${way} ${over}`;
const textOf = ({ way, over: name }: { way: Way; over: string }) =>
  way === 'list'
    ? t('Once per item, at “{name}”', { name })
    : way === 'groups'
      ? t('Once per group of rows, at “{name}”', { name })
      : t('Once per so many rows, at “{name}”', { name });

/** The columns in which the rows of a group are equal; the last one stays. */
function Groups(props: { id: NodeId; map: ItemMap; readOnly: boolean; onChange: (by: string[]) => void }) {
  const { id, map, readOnly } = props;
  const project = useDrawingObject().project;
  const problems = useDrawing((state) => state.problems);
  const columns = useColumns(id);
  const host: FormHost = {
    root: {},
    node: id,
    readOnly,
    set: () => {},
    mistake: (path) => problems.find((one) => one.at === pointer('nodes', id, 'map', ...path))?.message ?? null,
    columns,
    parameters: {},
    bind: null,
    project,
  };
  return (
    <FormProvider value={host}>
      <Framed label={t('Groups by')} end={null} path={['by']}>
        <ColumnsField
          label={t('Groups by')}
          of={map.over}
          path={['by']}
          value={map.by ?? []}
          onChange={props.onChange}
        />
      </Framed>
    </FormProvider>
  );
}

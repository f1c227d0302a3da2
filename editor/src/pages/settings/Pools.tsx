/** Pools of the project: how many slots each has, who holds them, and how many node runs wait in line. */
import type { Pool } from '@drawloom/shared/api/pools.ts';
import { largestPool, PoolName } from '@drawloom/shared/pipeline/document.ts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { NumberField, TextField } from '../../ui/fields.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { ListSection } from './parts.tsx';

export function Pools({ project }: { project: string }) {
  const mayManage = useMay(project, 'schedule.manage');
  const called = useCall(routes.listPools, { params: { project } });
  /** A pool to be sized anew, or 'new'. */
  const [sizing, setSizing] = useState<Pool | 'new' | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const remove = (pool: string) => carryOut(call(routes.removePool, { params: { project, pool } })).then(called.reload);
  return (
    <>
      <ListSection
        title={t('Pools')}
        about={t(
          'Slots of something scarce: a graphics card, connections to a database. As many nodes that name a pool run at once as it has slots; the others wait in line.',
        )}
        called={called}
        rows={called.data?.pools}
        keyOf={({ name }) => name}
        add={
          mayManage && (
            <Button tone="primary" icon="plus" onPress={() => setSizing('new')} data-testid="new-pool">
              {t('New pool')}
            </Button>
          )
        }
        tools={
          <Button icon="refresh" onPress={called.reload}>
            {t('Look again')}
          </Button>
        }
        empty={{
          icon: 'hourglass',
          title: t('There are no pools'),
          text: mayManage
            ? t('Make one, then choose it in the inspector of the nodes that share it.')
            : t('Your role may look at them, not make any.'),
        }}
        columns={[
          { head: t('Name'), cell: ({ name }) => <code>{name}</code> },
          {
            head: t('Slots'),
            kind: 'number',
            cell: ({ held, size }) => t('{held} of {size} held', { held, size }),
          },
          { head: t('In line'), kind: 'number', cell: ({ waiting }) => waiting },
          {
            head: t('Held by'),
            cell: (pool) => (pool.holders.length > 0 ? <Holders project={project} pool={pool} /> : null),
          },
          mayManage && {
            head: null,
            cell: (pool) => (
              <>
                <Button small onPress={() => setSizing(pool)} aria-label={t('Change {name}', { name: pool.name })}>
                  {t('Change')}
                </Button>
                <Button
                  small
                  tone="quiet"
                  onPress={() => setRemoving(pool.name)}
                  aria-label={t('Remove {name}', { name: pool.name })}
                >
                  {t('Remove')}
                </Button>
              </>
            ),
          },
        ]}
      />
      {sizing && (
        <SizePool
          project={project}
          pool={sizing === 'new' ? null : sizing}
          taken={called.data?.pools.map((pool) => pool.name) ?? []}
          onClose={() => setSizing(null)}
          onDone={() => {
            setSizing(null);
            called.reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('Remove {name}?', { name: removing })}
          action={t('Remove')}
          danger
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        >
          {t('Pipelines with nodes that name it cannot be started until they name another one.')}
        </Confirm>
      )}
    </>
  );
}

const shownHolders = 4;

function Holders({ project, pool }: { project: string; pool: Pool }) {
  const more = pool.holders.length - shownHolders;
  return (
    <>
      {pool.holders.slice(0, shownHolders).map(({ run, node, name, mapIndex, slots }) => (
        <div key={`${run} ${node} ${mapIndex}`}>
          <Link to="/p/$project/runs/$run" params={{ project, run: String(run) }} search={{ node }}>
            {t('{node}, run {run}', { node: name, run })}
          </Link>
          {slots > 1 && ` ${t('{n, plural, one {# slot} other {# slots}}', { n: slots })}`}
        </div>
      ))}
      {more > 0 && t('and {n} more', { n: more })}
    </>
  );
}

function SizePool(props: {
  project: string;
  pool: Pool | null;
  taken: readonly string[];
  onClose: () => void;
  onDone: () => void;
}) {
  const [name, setName] = useState(props.pool?.name ?? '');
  const [size, setSize] = useState<number | null>(props.pool?.size ?? 1);
  const isTaken = !props.pool && props.taken.includes(name);
  const nameIsGood = PoolName.safeParse(name).success && !isTaken;
  const sizeIsGood = size !== null && Number.isInteger(size) && size >= 1 && size <= largestPool;
  const form = useSending(async () => {
    await call(routes.setPool, { params: { project: props.project, pool: name }, body: { size: size! } });
    props.onDone();
  }, nameIsGood && sizeIsGood);
  const { asked } = form;
  return (
    <FormDialog
      title={props.pool ? t('Change {name}', { name: props.pool.name }) : t('New pool')}
      onClose={props.onClose}
      form={form}
      action={props.pool ? t('Change') : t('Make')}
    >
      {!props.pool && (
        <TextField
          label={t('Name')}
          mono
          autoFocus
          isRequired
          value={name}
          onChange={(text) => setName(text.toLowerCase().replaceAll(/\s/g, '-'))}
          maxLength={63}
          placeholder="gpu"
          hint={t('Small letters, digits, _ and -.')}
          mistake={
            isTaken
              ? t('There is a pool of this name. Change that one, or choose another name.')
              : asked && !nameIsGood
                ? t('A name starts with a letter: small letters, digits, _ and -.')
                : null
          }
        />
      )}
      <NumberField
        label={t('Slots')}
        whole
        minimum={1}
        maximum={largestPool}
        isRequired
        value={size}
        onChange={setSize}
        {...(props.pool && { autoFocus: true, hint: t('With fewer, what holds a slot keeps it to its end.') })}
        mistake={asked && !sizeIsGood ? t('A whole number from 1 to {n}.', { n: largestPool }) : null}
      />
    </FormDialog>
  );
}

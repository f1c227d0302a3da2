/** Pools of the project: how many slots each has, who holds them, and how many node runs wait in line. */
import type { Pool } from '@drawloom/shared/api/pools.ts';
import { largestPool, PoolName } from '@drawloom/shared/pipeline/document.ts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { NumberField, TextField } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { Section, Table } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function Pools({ project }: { project: string }) {
  const mayManage = useMay(project, 'schedule.manage');
  const { data, problem, loading, reload } = useCall(routes.listPools, { params: { project } });
  /** A pool to be sized anew, or 'new'. */
  const [sizing, setSizing] = useState<Pool | 'new' | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const remove = async (pool: string) => {
    try {
      await call(routes.removePool, { params: { project, pool } });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    reload();
  };
  const add = mayManage && (
    <Button tone="primary" icon="plus" onPress={() => setSizing('new')} data-testid="new-pool">
      {t('New pool')}
    </Button>
  );
  return (
    <Section
      title={t('Pools')}
      about={t(
        'Slots of something scarce: a graphics card, connections to a database. As many nodes that name a pool run at once as it has slots; the others wait in line.',
      )}
      actions={
        data &&
        data.pools.length > 0 && (
          <>
            <Button icon="refresh" onPress={reload}>
              {t('Look again')}
            </Button>
            {add}
          </>
        )
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {data?.pools.length === 0 && (
        <EmptyState icon="hourglass" title={t('There are no pools')} actions={add}>
          {mayManage
            ? t('Make one, then choose it in the inspector of the nodes that share it.')
            : t('Your role may look at them, not make any.')}
        </EmptyState>
      )}
      {data && data.pools.length > 0 && (
        <Table
          caption={t('Pools')}
          columns={[t('Name'), t('Slots'), t('In line'), t('Held by'), ...(mayManage ? [null] : [])]}
        >
          {data.pools.map((pool) => (
            <tr key={pool.name}>
              <td>
                <code>{pool.name}</code>
              </td>
              <td className="tabular">{t('{held} of {size} held', { held: pool.held, size: pool.size })}</td>
              <td className="tabular">{pool.waiting}</td>
              <td>
                <Holders project={project} pool={pool} />
              </td>
              {mayManage && (
                <td className={styles.end}>
                  <Button small onPress={() => setSizing(pool)} aria-label={t('Change {name}', { name: pool.name })}>
                    {t('Change')}
                  </Button>{' '}
                  <Button
                    small
                    tone="quiet"
                    onPress={() => setRemoving(pool.name)}
                    aria-label={t('Remove {name}', { name: pool.name })}
                  >
                    {t('Remove')}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {sizing && (
        <SizePool
          project={project}
          pool={sizing === 'new' ? null : sizing}
          taken={data?.pools.map((pool) => pool.name) ?? []}
          onClose={() => setSizing(null)}
          onDone={() => {
            setSizing(null);
            reload();
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
    </Section>
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
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const isTaken = !props.pool && props.taken.includes(name);
  const nameIsGood = PoolName.safeParse(name).success && !isTaken;
  const sizeIsGood = size !== null && Number.isInteger(size) && size >= 1 && size <= largestPool;
  const save = async () => {
    setAsked(true);
    if (!nameIsGood || !sizeIsGood) return;
    setBusy(true);
    setProblem(null);
    try {
      await call(routes.setPool, { params: { project: props.project, pool: name }, body: { size } });
      props.onDone();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={props.pool ? t('Change {name}', { name: props.pool.name }) : t('New pool')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void save()}>
            {props.pool ? t('Change') : t('Make')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
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
        {...(props.pool && { hint: t('With fewer, what holds a slot keeps it to its end.') })}
        mistake={asked && !sizeIsGood ? t('A whole number from 1 to {n}.', { n: largestPool }) : null}
      />
    </Dialog>
  );
}

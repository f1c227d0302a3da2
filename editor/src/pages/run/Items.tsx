/** The items of a node that runs once per item: how many ended and how, and a page of them at a time, since there may be a hundred thousand. */
import type { ItemCounts } from '@drawloom/shared/api/runs.ts';
import { useState } from 'react';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { Button, IconButton, Segmented } from '../../ui/Button.tsx';
import { formatCount } from '../../ui/format.ts';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Elapsed } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './Items.module.css';
import { useReloadOn } from './reloadOn.ts';

const atOnce = 50;
const among = {
  all: undefined,
  failed: 'failed',
  open: 'queued,running,waiting',
} as const;
type Among = keyof typeof among;

export function Items(props: { run: number; node: string; counts: ItemCounts; onOpen: (item: number) => void }) {
  const { run, node, counts } = props;
  const [only, setOnly] = useState<Among>('all');
  /** Where each page before this one ended. */
  const [ends, setEnds] = useState<readonly string[]>([]);
  const after = ends.at(-1);
  const status = among[only];
  const { data, problem, reload } = useCall(routes.listItems, {
    params: { run, node },
    query: { limit: atOnce, ...(after !== undefined && { after }), ...(status !== undefined && { status }) },
  });
  useReloadOn(`${counts.done} ${counts.failed}`, reload);
  return (
    <div className={styles.items}>
      <div className={styles.tools}>
        <Segmented
          label={t('Which items')}
          value={only}
          options={[
            { id: 'all', text: t('All') },
            { id: 'failed', text: t('Failed') },
            { id: 'open', text: t('Under way') },
          ]}
          onChange={(next) => {
            setOnly(next);
            setEnds([]);
          }}
        />
        <span className={styles.counts} role="status">
          {t('{done} of {total} done', { done: formatCount(counts.done), total: formatCount(counts.total) })}
          {counts.failed > 0 && `, ${t('{n} failed', { n: formatCount(counts.failed) })}`}
        </span>
        <span className={styles.spacer} />
        <IconButton
          small
          icon="chevron-left"
          label={t('Page before')}
          isDisabled={ends.length === 0}
          onPress={() => setEnds(ends.slice(0, -1))}
        />
        <IconButton
          small
          icon="chevron-right"
          label={t('Next page')}
          isDisabled={!data?.next}
          onPress={() => data?.next && setEnds([...ends, data.next])}
        />
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!data && !problem && <Loading />}
      {data && data.items.length === 0 && (
        <p className={styles.nothing}>{only === 'all' ? t('No item has begun.') : t('No item is in this state.')}</p>
      )}
      {data && data.items.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('Item')}</th>
              <th scope="col">{t('State')}</th>
              <th scope="col">{t('Time')}</th>
              <th scope="col">{t('What there is to say')}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((item) => (
              <tr key={item.mapIndex}>
                <td>
                  <Button small tone="quiet" onPress={() => props.onOpen(item.mapIndex)}>
                    {item.itemName === null
                      ? t('Item {n}', { n: formatCount(item.mapIndex) })
                      : t('Item {n}: {name}', { n: formatCount(item.mapIndex), name: item.itemName })}
                  </Button>
                </td>
                <td>
                  <StatusMark status={item.status} />
                </td>
                <td>{item.startedAt && <Elapsed from={item.startedAt} to={item.finishedAt} />}</td>
                <td className={styles.says}>
                  {item.reusedFrom ? t('from run {n}', { n: item.reusedFrom.run }) : item.message}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

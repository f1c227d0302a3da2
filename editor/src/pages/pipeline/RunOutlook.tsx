/** What a run would do, node by node and why, before anybody starts it. */
import type { PlannedNode, RunPlan } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import { useEffect, useState } from 'react';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { formatBytes, formatDuration } from '../../ui/format.ts';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { told } from '../../words/told.ts';
import styles from './RunOutlook.module.css';

export interface Wish {
  parameters: Record<string, Json>;
  reuse: boolean;
  scope?: Scope;
}

/** Follows the wish, a moment after the last change to it. `wish` is null while it is not a wish that could be carried out. */
export function RunOutlook({ pipeline, wish }: { pipeline: string; wish: Wish | null }) {
  const [asked, setAsked] = useState(wish);
  const text = JSON.stringify(wish);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the wish
  useEffect(() => {
    const soon = setTimeout(() => setAsked(wish), 250);
    return () => clearTimeout(soon);
  }, [text]);
  const { data, problem, loading } = useCall(routes.planRun, asked && { params: { pipeline }, body: asked });
  if (problem) return <ProblemNotice problem={problem} />;
  if (!data) return wish ? <Loading text={t('Looking at what there is to do…')} /> : null;
  return (
    <div className={styles.outlook} aria-busy={loading}>
      <p role="status">
        <Totals plan={data} />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by keys */}
      <section className={styles.scroll} aria-label={t('Node by node')} tabIndex={0}>
        <table className={styles.nodes}>
          <thead>
            <tr>
              <th scope="col">{t('Node')}</th>
              <th scope="col">{t('What happens')}</th>
              <th scope="col">{t('Time')}</th>
              <th scope="col">{t('Memory')}</th>
            </tr>
          </thead>
          <tbody>
            {data.nodes.map((node) => (
              <tr key={node.node} className={node.fate === 'skip' ? styles.skip : undefined}>
                <th scope="row">{node.name}</th>
                <td>
                  <Fate node={node} />
                  <small>{told(node.message)}</small>
                </td>
                <td className={styles.number}>
                  {node.fate !== 'skip' && node.expected ? formatDuration(node.expected.wallMs) : ''}
                </td>
                <td className={styles.number}>
                  {node.fate !== 'skip' && node.expected?.peakMemoryBytes
                    ? formatBytes(node.expected.peakMemoryBytes)
                    : ''}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

const icons: Record<PlannedNode['fate'], IconName> = { run: 'play', reuse: 'bolt', skip: 'skip' };

function Fate({ node: { fate, certain } }: { node: PlannedNode }) {
  const words = {
    run: certain ? t('Runs') : t('Runs, unless nothing changes before it'),
    reuse: t('Is reused'),
    skip: t('Is left out'),
  };
  return (
    <span className={styles.fate}>
      <Icon name={icons[fate]} />
      {words[fate]}
    </span>
  );
}

function Totals({ plan: { counts, expectedMs, withoutHistory, savedMs } }: { plan: RunPlan }) {
  const parts = [
    counts.run === 0
      ? t('Nothing has to run.')
      : expectedMs === null
        ? t('{n, plural, one {# node runs} other {# nodes run}}; how long is not known yet.', { n: counts.run })
        : withoutHistory > 0
          ? t('{n, plural, one {# node runs} other {# nodes run}}, about {time} and what is not known yet.', {
              n: counts.run,
              time: formatDuration(expectedMs),
            })
          : t('{n, plural, one {# node runs} other {# nodes run}}, about {time}.', {
              n: counts.run,
              time: formatDuration(expectedMs),
            }),
  ];
  if (counts.reuse > 0)
    parts.push(
      savedMs > 0
        ? t('{n} reused, which saves {time} of work.', { n: counts.reuse, time: formatDuration(savedMs) })
        : t('{n} reused.', { n: counts.reuse }),
    );
  if (counts.skip > 0) parts.push(t('{n} left out.', { n: counts.skip }));
  return parts.join(' ');
}

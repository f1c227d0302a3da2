/** What a node made or read: one artifact at a time, in the viewer for its kind, with the numbers that came along. */
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import type { RowsBefore } from '../../live/rowChanges.ts';
import { PortShape } from '../../palette/PortShape.tsx';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { t } from '../../words/index.ts';
import styles from './Artifacts.module.css';
import { ArtifactView } from './ArtifactView.tsx';
import { MetricsTable } from './MetricsTable.tsx';

const keyOf = (artifact: ArtifactRef): string =>
  artifact.position === 0 ? artifact.port : `${artifact.port}.${artifact.position}`;

export function Artifacts(props: {
  project: string;
  artifacts: readonly ArtifactRef[];
  metrics: Readonly<Record<string, number>>;
  chosen: string | undefined;
  onChoose: (key: string) => void;
  empty: string;
  /** What its rows are to be compared with. */
  before?: ((artifact: ArtifactRef) => RowsBefore | undefined) | undefined;
}) {
  const { artifacts, metrics } = props;
  const chosen = artifacts.find((one) => keyOf(one) === props.chosen) ?? artifacts[0];
  const logged = Object.keys(metrics).length > 0 && !artifacts.some((one) => one.kind === 'metrics');
  if (!chosen && !logged) return <p className={styles.nothing}>{props.empty}</p>;
  return (
    <div className={styles.artifacts}>
      {artifacts.length > 1 && (
        <div className={styles.chooser} role="tablist" aria-label={t('Artifacts')}>
          {artifacts.map((one) => (
            <button
              key={keyOf(one)}
              type="button"
              role="tab"
              aria-selected={one === chosen}
              className={cx(styles.choice, one === chosen && styles.chosen)}
              onClick={() => props.onChoose(keyOf(one))}
              data-testid={`artifact-${keyOf(one)}`}
            >
              <PortShape kind={one.kind} filled />
              <span>{one.port}</span>
              <span className={styles.size}>
                {one.rowCount === null ? formatBytes(one.sizeBytes) : t('{n} rows', { n: formatCount(one.rowCount) })}
              </span>
            </button>
          ))}
        </div>
      )}
      {logged && (
        <section className={styles.logged} aria-label={t('Logged metrics')}>
          <MetricsTable values={metrics} />
        </section>
      )}
      {chosen && (
        <ArtifactView
          key={`${chosen.sha256} ${chosen.kind}`}
          project={props.project}
          artifact={chosen}
          before={props.before?.(chosen)}
        />
      )}
    </div>
  );
}

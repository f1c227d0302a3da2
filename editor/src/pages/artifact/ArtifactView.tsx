/** One artifact: what it is, against the last good run, and in the viewer for its kind. */
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import { places } from '../../app/places.ts';
import { changeSentence, type RowsBefore } from '../../live/rowChanges.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { formatBytes, formatCount, formatInstant } from '../../ui/format.ts';
import { Notice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';
import { contentOf } from './content.ts';
import { FileView } from './FileView.tsx';
import { Folder } from './Folder.tsx';
import { TableView } from './TableView.tsx';

interface Shown {
  project: string;
  artifact: ArtifactRef;
}

export function ArtifactView({ project, artifact, before }: Shown & { before?: RowsBefore | undefined }) {
  const { sha256, kind, forgottenAt } = artifact;
  return (
    <div className={styles.view}>
      <div className={styles.facts}>
        <span>{factsOf(artifact)}</span>
        {before && artifact.rowCount !== null && artifact.position === 0 && (
          <a className={styles.change} href={places.run(project, before.run)} data-testid="row-change">
            {changeSentence(artifact.rowCount, before)}
          </a>
        )}
        <span className={styles.hash} title={sha256}>
          {sha256.slice(0, 12)}
        </span>
        <span className={styles.spacer} />
        <LinkButton small tone="quiet" icon="lineage" href={places.lineage(project, `artifact:${sha256}`)}>
          {t('Lineage')}
        </LinkButton>
        {!forgottenAt && (
          <a className={styles.download} href={contentOf({ project, ...artifact }, false)} download>
            {t('Download')}
          </a>
        )}
      </div>
      {forgottenAt ? (
        <Notice>
          {t('Its bytes were forgotten on {when}. Run the node that made it again to have them back.', {
            when: formatInstant(forgottenAt),
          })}
        </Notice>
      ) : (
        <Viewer project={project} artifact={{ ...artifact, kind }} />
      )}
    </div>
  );
}

function factsOf(artifact: ArtifactRef): string {
  const parts = [artifact.mediaType, formatBytes(artifact.sizeBytes)];
  if (artifact.rowCount !== null) parts.unshift(t('{n} rows', { n: formatCount(artifact.rowCount) }));
  if (artifact.columnCount !== null) parts.splice(1, 0, t('{n} columns', { n: artifact.columnCount }));
  return parts.join(' · ');
}

function Viewer({ project, artifact }: Shown) {
  const { sha256, kind, mediaType, sizeBytes, port } = artifact;
  if (kind === 'table') return <TableView project={project} sha256={sha256} />;
  if (kind === 'model' || kind === 'folder') return <Folder project={project} artifact={artifact} />;
  return <FileView file={{ project, sha256, kind, mediaType, sizeBytes, name: port }} />;
}

/** What cannot be shown: what it is, how big it is, and a way to have it. */
import { formatBytes } from '../../ui/format.ts';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';
import { contentOf, type OneFile } from './content.ts';

export function Download({ file }: { file: OneFile }) {
  return (
    <p className={styles.nothing}>
      {t('There is no viewer for this kind of file ({type}).', { type: file.mediaType })}{' '}
      <a className={styles.download} href={contentOf(file, false)} download>
        {t('Download {name} ({size})', { name: file.name, size: formatBytes(file.sizeBytes) })}
      </a>
    </p>
  );
}

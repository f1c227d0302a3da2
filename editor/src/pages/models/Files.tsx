/** The files of a version, each as a download. */
import type { ModelVersion } from '@drawloom/shared/api/models.ts';
import { addressOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { formatBytes } from '../../ui/format.ts';
import { Table } from '../../ui/Table.tsx';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';
import { Section } from './Section.tsx';

export function Files({ project, version }: { project: string; version: ModelVersion }) {
  const mayRead = useMay(project, 'data.read');
  const { model, files, fileCount } = version;
  const addressAt = (path: string) =>
    addressOf(routes.getModelFile, { params: { project, model, version: version.version }, query: { path } });
  return (
    <Section title={t('Files')} wide>
      {files.length === 0 && <p className={styles.muted}>{t('It has no files.')}</p>}
      {files.length > 0 && (
        <Table
          caption={t('Files')}
          rows={files}
          keyOf={({ path }) => path}
          columns={[
            {
              head: t('File'),
              cell: ({ path }) =>
                mayRead ? (
                  <a href={addressAt(path)} download aria-label={t('Download {path}', { path })}>
                    {path}
                  </a>
                ) : (
                  path
                ),
            },
            { head: t('Size'), kind: 'number', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
            {
              head: t('SHA-256'),
              cell: ({ sha256 }) => (
                <span className={styles.hash} title={sha256}>
                  {sha256.slice(0, 12)}
                </span>
              ),
            },
          ]}
        />
      )}
      {fileCount > files.length && (
        <p className={styles.muted}>{t('These are the first {n} of {all}.', { n: files.length, all: fileCount })}</p>
      )}
    </Section>
  );
}

/** Decides which viewer one file gets, by what it says it is. Nothing in it ever runs; what has no viewer is a download with its size. */
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';
import { contentOf, type OneFile, useText } from './content.ts';
import { Download } from './Download.tsx';
import { JsonView } from './JsonView.tsx';
import { MarkdownView } from './MarkdownView.tsx';
import { MetricsTable } from './MetricsTable.tsx';
import { PlainText } from './PlainText.tsx';

export function FileView({ file }: { file: OneFile }) {
  const mediaType = file.mediaType.split(';')[0]!.trim().toLowerCase();
  if (file.kind === 'metrics' && file.member === undefined) return <Read file={file} as={Metrics} />;
  if (/^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mediaType))
    return (
      <div className={styles.paper}>
        <img src={contentOf(file, true)} alt={t('Figure “{port}”', { port: file.name })} />
      </div>
    );
  if (mediaType === 'text/html')
    return (
      // no scripts, no forms, no way out, and not of this page's origin; the answer says the same for whoever opens it alone
      <iframe
        className={styles.frame}
        sandbox=""
        referrerPolicy="no-referrer"
        title={t('Document “{port}”', { port: file.name })}
        src={contentOf(file, true)}
      />
    );
  if (mediaType === 'text/markdown') return <Read file={file} as={MarkdownView} />;
  if (mediaType === 'application/json') return <Read file={file} as={JsonView} />;
  if (/^text\//.test(mediaType) || /json/.test(mediaType)) return <Read file={file} as={PlainText} />;
  return <Download file={file} />;
}

function Read({ file, as: Viewer }: { file: OneFile; as: (props: { text: string }) => React.ReactNode }) {
  const { text, cut, problem } = useText(file);
  if (problem) return <ProblemNotice problem={problem} />;
  if (text === null) return <Loading />;
  return (
    <>
      {cut && (
        <p className={styles.cut} role="status">
          {t('This is its beginning; the download has all of it.')}
        </p>
      )}
      <Viewer text={text} />
    </>
  );
}

function Metrics({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={styles.padded} tabIndex={0} aria-label={t('Metrics')}>
      <MetricsTable values={numbersOf(text)} />
    </section>
  );
}

function numbersOf(text: string): Record<string, number | null> {
  const values: unknown = JSON.parse(text);
  if (typeof values !== 'object' || values === null) return {};
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? value : null]),
  );
}

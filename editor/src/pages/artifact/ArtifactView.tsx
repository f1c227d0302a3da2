/** Decides which viewer an artifact gets. What cannot be shown safely is offered as a download with its size. */
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import { useEffect, useState } from 'react';
import { addressOf, call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { changeSentence, type RowsBefore } from '../../live/rowChanges.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { formatBytes, formatCount, formatInstant } from '../../ui/format.ts';
import { Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Facts } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';
import { MetricsTable } from './MetricsTable.tsx';
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
          <a className={styles.download} href={contentOf(project, artifact)} download>
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

const contentOf = (project: string, artifact: ArtifactRef, preview = false): string =>
  addressOf(routes.getContent, {
    params: { project, sha256: artifact.sha256 },
    query: { kind: artifact.kind, ...(preview ? { preview: 'true' } : {}) },
  });

function Viewer({ project, artifact }: Shown) {
  if (artifact.kind === 'table') return <TableView project={project} sha256={artifact.sha256} />;
  if (artifact.kind === 'metrics') return <Metrics project={project} artifact={artifact} />;
  if (artifact.mediaType.startsWith('image/'))
    return (
      <div className={styles.paper}>
        <img src={contentOf(project, artifact, true)} alt={t('Figure “{port}”', { port: artifact.port })} />
      </div>
    );
  if (artifact.mediaType === 'text/html')
    return (
      <iframe
        className={styles.frame}
        sandbox=""
        title={t('Document “{port}”', { port: artifact.port })}
        src={contentOf(project, artifact, true)}
      />
    );
  if (artifact.kind === 'model' || artifact.kind === 'folder') return <Folder project={project} artifact={artifact} />;
  if (/^text\/|json/.test(artifact.mediaType)) return <TextView project={project} artifact={artifact} />;
  return <p className={styles.nothing}>{t('There is no viewer for this kind of file. Download it to look inside.')}</p>;
}

function Metrics(shown: Shown) {
  const { text, problem } = useText(shown);
  if (problem) return <ProblemNotice problem={problem} />;
  if (text === null) return <Loading />;
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

function TextView(shown: Shown) {
  const { text, problem } = useText(shown);
  if (problem) return <ProblemNotice problem={problem} />;
  if (text === null) return <Loading />;
  return <pre className={styles.text}>{shown.artifact.mediaType.includes('json') ? indented(text) : text}</pre>;
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** More text than anyone reads is cut; the download has all of it. */
const mostText = 512 * 1024;

function useText({ project, artifact }: Shown): { text: string | null; problem: ProblemError | null } {
  const [state, setState] = useState<{ text: string | null; problem: ProblemError | null }>({
    text: null,
    problem: null,
  });
  const { sha256, kind, sizeBytes } = artifact;
  useEffect(() => {
    const stop = new AbortController();
    const headers: Record<string, string> = sizeBytes > mostText ? { range: `bytes=0-${mostText - 1}` } : {};
    call(routes.getContent, { params: { project, sha256 }, query: { kind } }, { signal: stop.signal, headers })
      .then((answer) => answer.text())
      .then((text) => !stop.signal.aborted && setState({ text, problem: null }))
      .catch((error) => !stop.signal.aborted && setState({ text: null, problem: problemOf(error) }));
    return () => stop.abort();
  }, [project, sha256, kind, sizeBytes]);
  return state;
}

/** A model or a folder: what is known of it, and its files. */
function Folder({ project, artifact }: Shown) {
  const { data, problem } = useCall(routes.getArtifact, {
    params: { project, sha256: artifact.sha256 },
    query: { kind: artifact.kind },
  });
  if (problem) return <ProblemNotice problem={problem} />;
  if (!data) return <Loading />;
  const facts = Object.entries(data.facts ?? {});
  return (
    <div className={styles.padded}>
      {facts.length > 0 && (
        <Facts
          of={facts.map(([name, value]) => [
            name,
            typeof value === 'object' && value !== null ? (
              <pre key={name} className={styles.fact}>
                {JSON.stringify(value, null, 1)}
              </pre>
            ) : (
              String(value)
            ),
          ])}
        />
      )}
      {data.members && (
        <table className={styles.files}>
          <thead>
            <tr>
              <th scope="col">{t('File')}</th>
              <th scope="col">{t('Size')}</th>
            </tr>
          </thead>
          <tbody>
            {data.members.map((member) => (
              <tr key={member.path}>
                <td>
                  <a
                    href={addressOf(routes.getContent, {
                      params: { project, sha256: artifact.sha256 },
                      query: { kind: artifact.kind, member: member.path },
                    })}
                    download
                  >
                    {member.path}
                  </a>
                </td>
                <td>{formatBytes(member.sizeBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** A folder or a model: what is known of it, its files as a tree, and the one that is chosen beside them. */
import type { Artifact } from '@drawloom/shared/api/artifacts.ts';
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import { useState } from 'react';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './ArtifactView.module.css';
import { FileView } from './FileView.tsx';
import { type FolderNode, mediaTypeOf, treeOf } from './folderTree.ts';
import { ModelFacts } from './ModelFacts.tsx';

export function Folder({ project, artifact }: { project: string; artifact: ArtifactRef }) {
  const { sha256, kind } = artifact;
  const { data, problem } = useCall(routes.getArtifact, { params: { project, sha256 }, query: { kind } });
  const [chosen, setChosen] = useState<string | null>(null);
  if (problem) return <ProblemNotice problem={problem} />;
  if (!data) return <Loading />;
  const members = data.members ?? [];
  const member = members.find(({ path }) => path === chosen);
  const total = members.reduce((sum, one) => sum + one.sizeBytes, 0);
  return (
    <div className={styles.folder}>
      {kind === 'model' && <ModelFacts facts={data.facts ?? {}} sizeBytes={total} />}
      <section className={styles.tree} aria-label={t('Files')}>
        <p className={styles.total}>
          {t('{n, plural, one {# file} other {# files}}, {size}', { n: members.length, size: formatBytes(total) })}
        </p>
        <Level nodes={treeOf(members)} chosen={chosen} onChoose={setChosen} depth={0} />
      </section>
      {member && (
        <section className={styles.member} aria-label={member.path}>
          <h3>{member.path}</h3>
          <FileView
            key={member.path}
            file={{
              project,
              sha256,
              kind,
              mediaType: mediaTypeOf(member.path),
              sizeBytes: member.sizeBytes,
              name: member.path.split('/').at(-1)!,
              member: member.path,
            }}
          />
        </section>
      )}
    </div>
  );
}

/** So many entries of one folder at first; a folder may hold a hundred thousand. */
const atOnce = 200;

function Level(props: {
  nodes: readonly FolderNode<NonNullable<Artifact['members']>[number]>[];
  chosen: string | null;
  onChoose: (path: string) => void;
  depth: number;
}) {
  const [most, setMost] = useState(atOnce);
  return (
    <ul className={styles.level}>
      {props.nodes.slice(0, most).map((node) => (
        <li key={node.name}>
          {node.file ? (
            <button
              type="button"
              className={cx(styles.file, node.file.path === props.chosen && styles.chosenFile)}
              aria-pressed={node.file.path === props.chosen}
              onClick={() => props.onChoose(node.file!.path)}
            >
              <Icon name="file" size={14} />
              <span>{node.name}</span>
              <span className={styles.fileSize}>{formatBytes(node.file.sizeBytes)}</span>
            </button>
          ) : (
            <Branch name={node.name} startsOpen={props.depth === 0 && props.nodes.length <= 20}>
              {() => <Level {...props} nodes={node.children} depth={props.depth + 1} />}
            </Branch>
          )}
        </li>
      ))}
      {props.nodes.length > most && (
        <li>
          <button type="button" className={styles.file} onClick={() => setMost(most + atOnce)}>
            {t('{n} more', { n: formatCount(props.nodes.length - most) })}
          </button>
        </li>
      )}
    </ul>
  );
}

/** What is in it comes into the page when it is first opened. */
function Branch(props: { name: string; startsOpen: boolean; children: () => React.ReactNode }) {
  const [open, setOpen] = useState(props.startsOpen);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.branch}>
        <Icon name="folder" size={14} />
        {props.name}
      </summary>
      {open && props.children()}
    </details>
  );
}

/** How a version came about: the run, its pipeline and node, the data that was read, the code, the seed and the environment. */
import type { ModelVersion } from '@drawloom/shared/api/models.ts';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { places } from '../../app/places.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { formatBytes } from '../../ui/format.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Facts } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { LongText } from './LongText.tsx';
import { MadeBy, TrackedRunLink } from './MadeBy.tsx';
import styles from './Models.module.css';
import { Section } from './Section.tsx';

export function Origin({ project, version }: { project: string; version: ModelVersion }) {
  const { origin, run, trackedRun } = version;
  if (!origin)
    return (
      <Section title={t('How it was made')}>
        <p className={styles.muted}>{t('No run is known that made it.')}</p>
      </Section>
    );
  const { pipeline, node, seed, environment, commit, source, code } = origin;
  const facts: [string, ReactNode][] = [];
  if (run) facts.push([t('Run'), <MadeBy key="run" project={project} version={version} />]);
  if (trackedRun)
    facts.push([t('In experiments'), <TrackedRunLink key="tracked" project={project} run={trackedRun} />]);
  if (pipeline)
    facts.push([
      t('Pipeline'),
      <Link
        key="pipeline"
        to="/p/$project/pipelines/$pipeline"
        params={{ project, pipeline: pipeline.id }}
        search={node ? { node: node.id } : {}}
      >
        {t('{name}, version {n}', { name: pipeline.name, n: pipeline.version })}
      </Link>,
    ]);
  if (node) facts.push([t('Node'), node.name]);
  if (source) facts.push([t('Program'), source]);
  if (commit) facts.push([t('Commit'), <code key="commit">{commit}</code>]);
  if (seed !== null) facts.push([t('Seed'), String(seed)]);
  if (environment)
    facts.push([
      t('Environment'),
      <span key="environment" className={styles.hash} title={environment}>
        {environment.slice(0, 12)}
      </span>,
    ]);
  return (
    <Section title={t('How it was made')}>
      <Facts of={facts} />
      <LinkButton
        small
        icon="lineage"
        href={places.lineage(project, `model-version:${version.model}:${version.version}`)}
      >
        {t('Lineage')}
      </LinkButton>
      <Data project={project} origin={origin} />
      {code && (
        <>
          <h3>{t('Its code, as it ran')}</h3>
          <LongText label={t('Its code, as it ran')} text={code} />
        </>
      )}
    </Section>
  );
}

function Data({ project, origin }: { project: string; origin: NonNullable<ModelVersion['origin']> }) {
  const { inputs, dataSets } = origin;
  if (inputs.length + dataSets.length === 0) return null;
  const lineage = (sha256: string) => (
    <Link to="/p/$project/lineage" params={{ project }} search={{ from: `artifact:${sha256}` }}>
      {sha256.slice(0, 12)}
    </Link>
  );
  return (
    <>
      <h3>{t('The data it read')}</h3>
      <NamedValues
        caption={t('The data it read')}
        rows={[
          ...inputs.map(({ port, position, sha256, sizeBytes }) => ({
            key: `${port} ${position}`,
            name: position > 0 ? `${port} ${position + 1}` : port,
            value: (
              <>
                {lineage(sha256)} {formatBytes(sizeBytes)}
              </>
            ),
          })),
          ...dataSets.map(({ name, digest, context, sha256 }) => ({
            key: `${name} ${digest} ${context}`,
            name: context ? `${name} (${context})` : name,
            value: sha256 ? lineage(sha256) : <span className={styles.hash}>{digest}</span>,
          })),
        ]}
      />
    </>
  );
}

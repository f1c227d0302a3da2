/** Two versions of a pipeline beside each other, or a version and the drawing: both drawn, what differs marked and listed. */
import { differenceOf, isSame } from '@drawloom/shared/pipeline/difference.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Viewport } from '@xyflow/react';
import { useMemo, useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { go } from '../../app/go.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { StillGraph } from '../../canvas/StillGraph.tsx';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { Loading, Notice } from '../../ui/notices.tsx';
import { Confirm, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { Changes, marksOf } from './Changes.tsx';
import styles from './Compare.module.css';

const drawing = 'drawing';

export function VersionsPage() {
  const { project, pipeline } = useParams({ from: '/p/$project/pipelines/$pipeline/compare' });
  const search = useSearch({ from: '/p/$project/pipelines/$pipeline/compare' });
  const navigate = useNavigate({ from: '/p/$project/pipelines/$pipeline/compare' });
  const list = useCall(routes.listVersions, { params: { pipeline } });
  const numbers = list.data?.versions.map(({ number }) => number) ?? [];
  const from = search.from ?? numbers.at(0);
  const before = useCall(routes.getVersion, from === undefined ? null : { params: { pipeline, version: from } });
  const version = useCall(routes.getVersion, search.to ? { params: { pipeline, version: search.to } } : null);
  const draft = useCall(routes.getPipeline, search.to ? null : { params: { pipeline } });
  const now = search.to ? version.data : draft.data;
  const problem = list.problem ?? before.problem ?? version.problem ?? draft.problem;
  const title = t('Compare versions');
  if (problem)
    return (
      <Page title={title}>
        <PageProblem
          problem={problem}
          icon="history"
          missing={t('There is no such version')}
          back={{ href: places.pipeline(project, pipeline), text: t('Go to the pipeline') }}
        />
      </Page>
    );
  if (list.data && numbers.length === 0)
    return (
      <Page title={title}>
        <Notice>
          {t('No version yet. A version is a frozen copy with a message; every run freezes one by itself.')}
        </Notice>
      </Page>
    );
  if (!before.data || !now)
    return (
      <Page title={title}>
        <Loading />
      </Page>
    );
  const versions = numbers.map((n) => ({ id: String(n), text: t('Version {n}', { n }) }));
  return (
    <Page
      title={title}
      sub={now.document.name}
      flush
      actions={
        <>
          <RestoreButton project={project} pipeline={pipeline} version={before.data.number} />
          <LinkButton href={places.pipeline(project, pipeline)} icon="pipelines">
            {t('Show the drawing')}
          </LinkButton>
        </>
      }
    >
      <div className={styles.page}>
        <search className={styles.tools} aria-label={t('Choose the versions')}>
          <Select
            label={t('Before')}
            value={String(before.data.number)}
            onChange={(id) => void navigate({ search: (old) => ({ ...old, from: Number(id) }), replace: true })}
            options={versions}
          />
          <Select
            label={t('Now')}
            value={search.to ? String(search.to) : drawing}
            onChange={(id) =>
              void navigate({
                search: (old) => ({ ...old, to: id === drawing ? undefined : Number(id) }),
                replace: true,
              })
            }
            options={[{ id: drawing, text: t('The drawing, as it is saved') }, ...versions]}
          />
        </search>
        <Both
          before={before.data.document}
          now={now.document}
          names={[
            t('Version {n}', { n: before.data.number }),
            search.to ? t('Version {n}', { n: search.to }) : t('The drawing'),
          ]}
          selected={search.node}
          onSelect={(node) => void navigate({ search: (old) => ({ ...old, node }), replace: true })}
        />
      </div>
    </Page>
  );
}

function Both(props: {
  before: PipelineDocument;
  now: PipelineDocument;
  names: [string, string];
  selected: string | undefined;
  onSelect: (node: string) => void;
}) {
  const { before, now, names, selected, onSelect } = props;
  const difference = useMemo(() => differenceOf(before, now), [before, now]);
  const marked = useMemo(() => marksOf(difference), [difference]);
  const [viewport, setViewport] = useState<Viewport | null>(null);
  const graph = { ...marked, selected, onSelect, viewport, onViewport: setViewport };
  return (
    <>
      <div className={styles.graphs}>
        {([before, now] as const).map((document, side) => (
          <figure key={names[side]}>
            <figcaption>{names[side]}</figcaption>
            <StillGraph label={names[side]!} document={document} {...graph} />
          </figure>
        ))}
      </div>
      {isSame(difference) ? (
        <Notice role="status">{t('They do not differ.')}</Notice>
      ) : (
        <Changes difference={difference} before={before} now={now} selected={selected} onSelect={onSelect} />
      )}
    </>
  );
}

function RestoreButton(props: { project: string; pipeline: string; version: number }) {
  const { project, pipeline, version } = props;
  const may = useMay(project, 'graph.edit');
  const [asking, setAsking] = useState(false);
  if (!may) return null;
  const restore = async () => {
    try {
      await call(routes.restoreVersion, { params: { pipeline, version } });
      go(places.pipeline(project, pipeline));
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <>
      <Button icon="restore" onPress={() => setAsking(true)}>
        {t('Restore version {n}', { n: version })}
      </Button>
      {asking && (
        <Confirm
          title={t('Restore version {n}?', { n: version })}
          action={t('Restore')}
          onConfirm={() => void restore()}
          onClose={() => setAsking(false)}
        >
          {t('It becomes the drawing again. What it replaces is kept as a version of its own.')}
        </Confirm>
      )}
    </>
  );
}

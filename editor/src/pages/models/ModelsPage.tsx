/** The registered models of a project: what there is, which version is the latest, and which versions others load by name. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { ModelStage, RegisteredModel } from '@drawloom/shared/api/models.ts';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { go } from '../../app/go.ts';
import { places } from '../../app/places.ts';
import type { ModelsSearch } from '../../app/search.ts';
import { Button } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { SearchField, Select, TextField } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';
import { Names, stages, stageWord } from './Names.tsx';

interface Shown {
  /** What was asked for it, so that a page of another question is not added to it. */
  of: string;
  items: RegisteredModel[];
  next: string | null;
}

export function ModelsPage() {
  const { project } = useParams({ from: '/p/$project/models' });
  const search = useSearch({ from: '/p/$project/models' });
  const navigate = useNavigate({ from: '/p/$project/models' });
  const change = (to: Partial<ModelsSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...to }), replace: true });
  const [older, setOlder] = useState<Shown | null>(null);
  const [naming, setNaming] = useState(false);
  const mayRegister = useMay(project, 'model.register');
  const query = {
    limit: 50,
    sort: search.sort ?? ('name' as const),
    ...(search.text && { text: search.text }),
    ...(search.stage && { stage: search.stage }),
  };
  const asked = JSON.stringify(query);
  const { data, problem, reload } = useCall(routes.listModels, { params: { project }, query });
  // What was found last stays until the next answer is there, so that the table does not flicker while one types.
  const last = useRef<Shown | null>(null);
  if (data) last.current = { of: asked, ...data };
  const list = last.current;
  const added = older?.of === list?.of ? older : null;
  const models = list && [...list.items, ...(added?.items ?? [])];
  const next = added ? added.next : list?.next;
  const more = async () => {
    try {
      const page = await call(routes.listModels, { params: { project }, query: { ...query, after: next! } });
      setOlder({ of: asked, items: [...(added?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const isNarrowed = Boolean(search.text || search.stage);
  const isEmpty = models?.length === 0 && !isNarrowed;
  const add = mayRegister && (
    <Button tone="primary" icon="plus" onPress={() => setNaming(true)} data-testid="new-model">
      {t('New model')}
    </Button>
  );
  return (
    <Page title={t('Models')} actions={!isEmpty && add}>
      {!isEmpty && (
        <div className={styles.tools}>
          <SearchField
            label={t('Search models')}
            value={search.text ?? ''}
            onChange={(text) => change({ text: text || undefined })}
          />
          <Select
            label={t('Stage')}
            hideLabel
            value={search.stage ?? 'any'}
            onChange={(id) => change({ stage: id === 'any' ? undefined : (id as ModelStage) })}
            options={[
              { id: 'any', text: t('In any stage') },
              ...stages.map((stage) => ({ id: stage, text: stageWord(stage) })),
            ]}
          />
          <Select
            label={t('Order')}
            hideLabel
            value={search.sort ?? 'name'}
            onChange={(id) => change({ sort: id === 'name' ? undefined : (id as NonNullable<ModelsSearch['sort']>) })}
            options={[
              { id: 'name', text: t('A to Z') },
              { id: '-name', text: t('Z to A') },
              { id: '-changed', text: t('Changed last first') },
              { id: 'changed', text: t('Changed first first') },
            ]}
          />
        </div>
      )}
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!models && !problem && <Loading />}
      {isEmpty && <NoModels add={add} />}
      {models?.length === 0 && isNarrowed && (
        <EmptyState
          icon="search"
          title={t('No model fits this search')}
          actions={
            <Button onPress={() => change({ text: undefined, stage: undefined })}>{t('Clear the search')}</Button>
          }
        />
      )}
      {models && models.length > 0 && <ModelTable models={models} project={project} />}
      {next && (
        <Button small onPress={() => void more()}>
          {t('Show more')}
        </Button>
      )}
      {naming && <NewModel project={project} onClose={() => setNaming(false)} />}
    </Page>
  );
}

function ModelTable({ models, project }: { models: readonly RegisteredModel[]; project: string }) {
  return (
    <Table
      caption={t('Models')}
      rows={models}
      keyOf={({ name }) => name}
      columns={[
        {
          head: t('Model'),
          kind: 'clip',
          cell: ({ name, description }) => (
            <>
              <Link to="/p/$project/models/$model" params={{ project, model: name }}>
                <strong>{name}</strong>
              </Link>
              {description && <div className={styles.muted}>{description.split('\n')[0]}</div>}
            </>
          ),
        },
        {
          head: t('Latest version'),
          kind: 'number',
          cell: ({ name, latestVersion }) =>
            latestVersion === null ? (
              <span className={styles.muted}>{t('none yet')}</span>
            ) : (
              <Link
                to="/p/$project/models/$model/$version"
                params={{ project, model: name, version: String(latestVersion) }}
              >
                {t('Version {n}', { n: latestVersion })}
              </Link>
            ),
        },
        {
          head: t('Aliases and stages'),
          kind: 'wrap',
          cell: ({ aliases, stages: held }) => <Names aliases={aliases} stages={held} />,
        },
        { head: t('Versions'), kind: 'number', cell: ({ versionCount }) => versionCount },
        { head: t('Changed'), cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
        { head: t('Made by'), kind: 'clip', cell: ({ createdBy }) => createdBy },
      ]}
    />
  );
}

function NoModels({ add }: { add: React.ReactNode }) {
  return (
    <EmptyState icon="model" title={t('No models yet')} actions={add}>
      {t(
        'A script that logs to MLflow registers a model here when its address and a token are set. The token is made in the settings, and needs the right to register models.',
      )}
      <span className={styles.snippet}>
        <CopyText label={t('Address')} text={`export MLFLOW_TRACKING_URI=${location.origin}`} small />
        <CopyText label={t('Token')} text="export MLFLOW_TRACKING_TOKEN=dlm_…" small />
        <CopyText
          label={t('In the script')}
          text='mlflow.sklearn.log_model(model, name="delays", registered_model_name="delays")'
          small
        />
      </span>
    </EmptyState>
  );
}

/** A name by itself; versions come later, from programs or from a run. */
function NewModel({ project, onClose }: { project: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const form = useSending(async () => {
    await call(routes.registerModel, { params: { project }, body: { name: name.trim(), description } });
    go(places.model(project, name.trim()));
  }, name.trim() !== '');
  return (
    <FormDialog title={t('New model')} action={t('Make it')} form={form} onClose={onClose} data-testid="make-model">
      <TextField
        label={t('Name')}
        isRequired
        autoFocus
        value={name}
        onChange={setName}
        maxLength={256}
        hint={t('Programs load it by this name, as in models:/delays/1.')}
        mistake={form.asked && name.trim() === '' ? t('Give it a name.') : null}
      />
      <TextField label={t('Description')} lines={3} value={description} onChange={setDescription} />
    </FormDialog>
  );
}

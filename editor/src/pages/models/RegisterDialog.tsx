/** Registers what a run logged: which of its models, and under which name, one that is there or a new one. */
import type { RunModels } from '@drawloom/shared/api/experiments.ts';
import { useState } from 'react';
import { call, ProblemError, routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { go } from '../../app/go.ts';
import { places } from '../../app/places.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { ComboBox, Select, TextField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';

export function RegisterDialog(props: { project: string; found: RunModels['found']; onClose: () => void }) {
  const { project, found } = props;
  const [source, setSource] = useState(found[0]!.source);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const wanted = name.trim();
  const known = useCall(routes.listModels, { params: { project }, query: { limit: 100, sort: '-changed' } });
  const isThere = known.data?.items.some((one) => one.name === wanted) ?? false;
  const form = useSending(async () => {
    if (!isThere) await ensure(project, wanted);
    const made = await call(routes.registerVersion, {
      params: { project, model: wanted },
      body: { source, description },
    });
    go(places.modelVersion(project, wanted, made.version));
  }, wanted !== '');
  return (
    <FormDialog
      title={t('Register a version')}
      action={t('Register')}
      form={form}
      onClose={props.onClose}
      data-testid="register-version"
    >
      {found.length > 1 && (
        <Select
          label={t('Which of its models')}
          value={source}
          onChange={setSource}
          options={found.map((one) => ({ id: one.source, text: one.name || t('all of its files') }))}
        />
      )}
      <ComboBox
        label={t('Model')}
        free
        autoFocus
        isRequired
        value={name}
        onChange={setName}
        options={(known.data?.items ?? []).map((one) => ({ id: one.name, text: one.name }))}
        hint={
          wanted === ''
            ? t('The name it is kept under; one that is there gets another version.')
            : isThere
              ? t('It becomes the next version of {model}.', { model: wanted })
              : t('It becomes the first version of a new model.')
        }
        mistake={form.asked && wanted === '' ? t('Give it a name.') : null}
      />
      <TextField label={t('Description')} lines={3} value={description} onChange={setDescription} />
    </FormDialog>
  );
}

/** A name that came meanwhile, or was not among those that were read, is as good as a new one. */
async function ensure(project: string, name: string): Promise<void> {
  try {
    await call(routes.registerModel, { params: { project }, body: { name } });
  } catch (error) {
    if (!(error instanceof ProblemError && error.status === 409)) throw error;
  }
}

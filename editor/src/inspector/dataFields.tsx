/** Fields whose choices come from the project: columns of an input, files, names of secrets. */
import { type Columns, isKnown } from '@drawloom/shared/columns/columns.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { isSecretReference } from '@drawloom/shared/pipeline/secrets.ts';
import { type ComponentProps, useRef, useState } from 'react';
import { call, problemOf, routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { IconButton } from '../ui/Button.tsx';
import { Checkbox, ComboBox, type Option, Select } from '../ui/fields.tsx';
import { formatBytes } from '../ui/format.ts';
import { Icon } from '../ui/Icon.tsx';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import styles from './form.module.css';
import { type Path, useForm } from './formContext.tsx';

type Common = Omit<ComponentProps<typeof ComboBox>, 'options' | 'value' | 'onChange'> & {
  value: string;
  onChange: (value: string) => void;
};

export function ColumnField({ of, ...props }: Common & { of: string | undefined }) {
  const form = useForm();
  const columns = form.columns(of);
  return (
    <ComboBox
      {...props}
      free
      mono
      options={optionsOf(columns)}
      hint={props.hint ?? (isKnown(columns) ? undefined : columns.unknown || undefined)}
    />
  );
}

const optionsOf = (columns: Columns): Option[] =>
  isKnown(columns)
    ? columns.columns.map(({ name, type }) => ({ id: name, text: name, ...(type && { hint: type.toLowerCase() }) }))
    : [];

export function ColumnsField(props: {
  label: string;
  of: string | undefined;
  path: Path;
  value: readonly string[];
  onChange: (list: string[]) => void;
}) {
  const form = useForm();
  const columns = form.columns(props.of);
  const [typed, setTyped] = useState('');
  const rest = optionsOf(columns).filter(({ id }) => !props.value.includes(id));
  const wrong = props.value.map((_, index) => form.mistake([...props.path, index]));
  const mistake = wrong.find((one) => one !== null);
  const add = (name: string) => {
    const clean = name.trim();
    setTyped('');
    if (clean && !props.value.includes(clean)) props.onChange([...props.value, clean]);
  };
  return (
    <>
      {props.value.length > 0 && (
        <div className={styles.chips}>
          {props.value.map((name, index) => (
            <span
              key={name}
              className={styles.chip}
              data-unknown={wrong[index] ? '' : undefined}
              data-field={[...props.path, index].join('.')}
            >
              {name}
              {!form.readOnly && (
                <button
                  type="button"
                  aria-label={t('Remove {what}', { what: name })}
                  onClick={() => props.onChange(props.value.filter((one) => one !== name))}
                >
                  <Icon name="close" size={10} />
                </button>
              )}
            </span>
          ))}
        </div>
      )}
      {!form.readOnly && (
        <div
          className={styles.row}
          onKeyDownCapture={(event) => {
            if (
              event.key === 'Enter' &&
              typed.trim() &&
              !event.defaultPrevented &&
              !rest.some(({ id }) => id.startsWith(typed))
            ) {
              event.preventDefault();
              event.stopPropagation();
              add(typed);
            }
          }}
        >
          <div style={{ flex: 1, minWidth: 0 }}>
            <ComboBox
              label={t('Add to {field}', { field: props.label })}
              hideLabel
              free
              mono
              value={typed}
              placeholder={t('Add a column')}
              options={rest}
              onChange={(text) => (rest.some(({ id }) => id === text) ? add(text) : setTyped(text))}
            />
          </div>
          <IconButton icon="plus" label={t('Add')} isDisabled={typed.trim() === ''} onPress={() => add(typed)} />
        </div>
      )}
      {mistake && (
        <span className={styles.mistake} role="alert">
          {mistake}
        </span>
      )}
    </>
  );
}

export function FileField(props: Common) {
  const form = useForm();
  const { data, reload } = useCall(routes.listFiles, { params: { project: form.project } });
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const upload = async (file: File) => {
    setBusy(true);
    try {
      const made = await call(
        routes.uploadFile,
        { params: { project: form.project, name: file.name } },
        { bytes: file },
      );
      props.onChange(made.name);
      toast(t('Uploaded {name}, {size}.', { name: made.name, size: formatBytes(made.sizeBytes) }), 'success');
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.row}>
      <div style={{ flex: 1, minWidth: 0 }}>
        <ComboBox
          {...props}
          free
          options={(data?.files ?? []).map((file) => ({
            id: file.name,
            text: file.name,
            hint: formatBytes(file.sizeBytes),
          }))}
          placeholder={t('Choose a file, or upload one')}
          empty={data ? t('No file of this name. Upload it with the button beside.') : t('Loading…')}
        />
      </div>
      {!form.readOnly && (
        <span style={{ marginTop: 28 }}>
          <IconButton
            icon="upload"
            label={t('Upload a file')}
            isDisabled={busy}
            onPress={() => input.current?.click()}
          />
          <input
            ref={input}
            type="file"
            hidden
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file) void upload(file);
              event.target.value = '';
            }}
          />
        </span>
      )}
    </div>
  );
}

/** The names of the project's secrets. Values are set under Settings, and no page shows them. */
export function SecretField({
  value,
  onChange,
  ...props
}: Omit<ComponentProps<typeof Select>, 'options' | 'value' | 'onChange'> & {
  value: Json | undefined;
  onChange: (value: Json) => void;
}) {
  const form = useForm();
  const { data } = useCall(routes.listSecrets, { params: { project: form.project } });
  const chosen = isSecretReference(value) ? value.$secret : null;
  const names = data?.secrets.map((secret) => secret.name);
  const gone = chosen !== null && names !== undefined && !names.includes(chosen);
  const options = [...(names ?? []), ...(chosen !== null && (gone || !names) ? [chosen] : [])];
  return (
    <Select
      {...props}
      isDisabled={form.readOnly}
      options={options.map((name) => ({ id: name, text: name, icon: 'lock' as const }))}
      value={chosen}
      placeholder={t('Choose a secret')}
      mistake={
        props.mistake ?? (gone ? t('The project has no secret of this name. Set it under Settings, Secrets.') : null)
      }
      hint={
        props.hint ??
        (names?.length === 0
          ? t('No secrets are kept yet. Set one under Settings, Secrets.')
          : t('Only this node’s attempt gets the value; it is masked in logs.'))
      }
      onChange={(name) => onChange({ $secret: name })}
    />
  );
}

/** Members of the project, and whoever is named and is none any more. */
export function MembersField(props: { value: readonly string[]; onChange: (list: string[]) => void }) {
  const form = useForm();
  const { data } = useCall(routes.listMembers, { params: { project: form.project } });
  const members = (data?.members ?? []).map(({ person }) => person);
  const gone = data ? props.value.filter((id) => !members.some((person) => person.id === id)) : [];
  const people = [...members, ...gone.map((id) => ({ id, name: t('{id}, no member', { id }) }))];
  if (data && people.length === 0)
    return <span className={styles.hint}>{t('The project has no members. Give somebody a role under Settings.')}</span>;
  return (
    <div className={styles.checks}>
      {people.map(({ id, name }) => (
        <Checkbox
          key={id}
          isDisabled={form.readOnly}
          isSelected={props.value.includes(id)}
          onChange={(on) => props.onChange(on ? [...props.value, id] : props.value.filter((one) => one !== id))}
        >
          {name}
        </Checkbox>
      ))}
    </div>
  );
}

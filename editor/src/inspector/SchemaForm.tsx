/** A form drawn from a JSON Schema. Every field writes at once; what is wrong is told under it by the same checks that guard a run. */
import type { Json } from '@drawloom/shared/json.ts';
import { isReference } from '@drawloom/shared/pipeline/document.ts';
import { type ReactNode, useState } from 'react';
import { Button, IconButton, Segmented } from '../ui/Button.tsx';
import { Checkbox, NumberField, Select, Switch, TextField } from '../ui/fields.tsx';
import { Icon } from '../ui/Icon.tsx';
import { t } from '../words/index.ts';
import { ColumnField, ColumnsField, FileField, MembersField, SecretField } from './dataFields.tsx';
import { FieldMenu } from './FieldMenu.tsx';
import { Framed } from './Framed.tsx';
import styles from './form.module.css';
import { type FieldProps, type Path, useForm } from './formContext.tsx';
import { JsonField } from './JsonField.tsx';
import {
  type Field,
  fieldOf,
  groupsOf,
  nameOfMember,
  plain,
  type Schema,
  showValue,
  startOf,
  titleOf,
} from './schema.ts';

type Values = Readonly<Record<string, Json>>;

export function SchemaForm({ schema, values, path = [] }: { schema: Schema; values: Values; path?: Path }) {
  const { root } = useForm();
  const { groups, advanced } = groupsOf(schema, root);
  const changed = advanced.some(({ name }) => values[name] !== undefined);
  const [open, setOpen] = useState(changed);
  const fields = (list: typeof advanced) =>
    list.map(({ name, schema: member }) => (
      <FormField
        key={name}
        name={name}
        schema={member}
        value={values[name]}
        path={[...path, name]}
        required={schema.required?.includes(name) ?? false}
      />
    ));
  return (
    <div className={styles.form}>
      {groups.map((group) => (
        <div key={group.title ?? ''} className={styles.form}>
          {group.title && <h4 className={styles.groupTitle}>{group.title}</h4>}
          {fields(group.fields)}
        </div>
      ))}
      {advanced.length > 0 && (
        <>
          <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
            <Icon name="chevron-right" size={12} />
            {t('Advanced')}
          </button>
          {open && fields(advanced)}
        </>
      )}
    </div>
  );
}

export function FormField(props: FieldProps) {
  const form = useForm();
  const field = fieldOf(props.schema, form.root);
  const label = props.label ?? titleOf(props.name, field.schema);
  if (field.kind === 'hidden') return null;
  const end = !form.readOnly && <FieldMenu {...props} field={field} label={label} />;
  if (isReference(props.value))
    return (
      <Framed label={label} end={end} path={props.path} hint={field.schema.description}>
        <div className={styles.bound} data-testid={`bound-${props.path.join('.')}`}>
          <Icon name="parameter" size={14} />
          <span>
            <b>{props.value.$parameter}</b>{' '}
            <span className={styles.boundValue}>
              {showValue(form.parameters[props.value.$parameter]?.default) || t('set at the start')}
            </span>
          </span>
        </div>
      </Framed>
    );
  return <Plain {...props} field={field} label={label} end={end} />;
}

function Plain({ field, label, end, ...props }: FieldProps & { field: Field; label: string; end: ReactNode }) {
  const form = useForm();
  const { path, value } = props;
  const { schema } = field;
  const standing = value === undefined ? schema.default : value;
  const set = (next: Json | undefined) => form.set(path, next, t('Set {field}', { field: label }));
  const common = {
    label,
    hideLabel: props.hideLabel ?? false,
    labelEnd: end,
    hint: schema.description,
    mistake: form.mistake(path),
    isRequired: props.required && schema.default === undefined,
    isReadOnly: form.readOnly,
    isDisabled: false,
    name: path.join('.'),
  };
  const empty = (text: string): Json | undefined => (text === '' ? undefined : text);
  switch (field.kind) {
    case 'string':
      return (
        <TextField
          {...common}
          value={typeof value === 'string' ? value : ''}
          placeholder={showValue(schema.default) || showValue(schema.examples?.[0])}
          onChange={(text) => set(empty(text))}
        />
      );
    case 'text':
    case 'code':
      return (
        <TextField
          {...common}
          lines={field.kind === 'code' ? 6 : 4}
          mono={field.kind === 'code'}
          value={typeof value === 'string' ? value : ''}
          placeholder={showValue(schema.default)}
          onChange={(text) => set(empty(text))}
        />
      );
    case 'date':
      return <TextField {...common} type="date" value={showValue(standing)} onChange={(text) => set(empty(text))} />;
    case 'datetime':
      return (
        <TextField
          {...common}
          value={showValue(value)}
          placeholder={showValue(schema.default) || '2013-01-31T12:00:00Z'}
          onChange={(text) => set(empty(text))}
        />
      );
    case 'number':
    case 'integer':
      return (
        <NumberField
          {...common}
          whole={field.kind === 'integer'}
          value={typeof value === 'number' ? value : null}
          placeholder={showValue(schema.default)}
          onChange={(number) => set(number ?? undefined)}
          {...(schema.minimum === undefined ? {} : { minimum: schema.minimum })}
          {...(schema.maximum === undefined ? {} : { maximum: schema.maximum })}
          step={schema.multipleOf ?? (field.kind === 'integer' ? 1 : stepFor(standing))}
        />
      );
    case 'share': {
      const share = typeof standing === 'number' ? standing : null;
      return (
        <Framed label={label} end={end} path={path} hint={schema.description}>
          <div className={styles.share}>
            <input
              type="range"
              min={schema.minimum ?? 0}
              max={schema.maximum ?? 1}
              step={0.01}
              value={share ?? 0}
              disabled={form.readOnly}
              aria-label={label}
              onChange={(event) => set(Number(event.target.value))}
            />
            <NumberField
              label={label}
              hideLabel
              value={typeof value === 'number' ? value : null}
              placeholder={showValue(schema.default)}
              onChange={(number) => set(number ?? undefined)}
              step={0.05}
              minimum={schema.minimum ?? 0}
              maximum={schema.maximum ?? 1}
              isReadOnly={form.readOnly}
            />
          </div>
        </Framed>
      );
    }
    case 'boolean':
      return (
        <div className={styles.stack}>
          <div className={styles.row}>
            <Switch isSelected={standing === true} onChange={set} isDisabled={form.readOnly}>
              {label}
            </Switch>
            {end}
          </div>
          {schema.description && <span className={styles.hint}>{schema.description}</span>}
          {common.mistake && <span className={styles.mistake}>{common.mistake}</span>}
        </div>
      );
    case 'enum': {
      const values = field.values.map((one) => ({ id: JSON.stringify(one), text: choiceText(one, schema) }));
      const chosen = standing === undefined ? null : JSON.stringify(standing);
      const few = values.length <= 3 && values.reduce((sum, { text }) => sum + text.length, 0) <= 30;
      if (few && chosen !== null && !form.readOnly && !props.hideLabel)
        return (
          <Framed label={label} end={end} path={path} hint={schema.description}>
            <Segmented label={label} options={values} value={chosen} onChange={(id) => set(JSON.parse(id) as Json)} />
          </Framed>
        );
      return (
        <Select
          {...common}
          isDisabled={form.readOnly}
          options={values}
          value={chosen}
          onChange={(id) => set(JSON.parse(id) as Json)}
        />
      );
    }
    case 'enums': {
      const chosen = Array.isArray(standing) ? standing : [];
      return (
        <Framed label={label} end={end} path={path} hint={schema.description}>
          <div className={styles.checks}>
            {field.values.map((one) => (
              <Checkbox
                key={JSON.stringify(one)}
                isDisabled={form.readOnly}
                isSelected={chosen.includes(one)}
                onChange={(on) =>
                  set(
                    on
                      ? field.values.filter((each) => each === one || chosen.includes(each))
                      : chosen.filter((each) => each !== one),
                  )
                }
              >
                {showValue(one)}
              </Checkbox>
            ))}
          </div>
        </Framed>
      );
    }
    case 'column':
      return <ColumnField {...common} of={schema.of} value={showValue(value)} onChange={(text) => set(empty(text))} />;
    case 'columns':
      return (
        <Framed label={label} end={end} path={path} hint={schema.description}>
          <ColumnsField
            label={label}
            of={schema.of}
            path={path}
            value={Array.isArray(standing) ? standing.map(showValue) : []}
            onChange={(list) => set(list)}
          />
        </Framed>
      );
    case 'members':
      return (
        <Framed label={label} end={end} path={path} hint={schema.description}>
          <MembersField
            value={Array.isArray(standing) ? standing.map(showValue) : []}
            onChange={(list) => set(list.length > 0 ? list : undefined)}
          />
        </Framed>
      );
    case 'file':
      return <FileField {...common} value={showValue(value)} onChange={(text) => set(empty(text))} />;
    case 'secret':
      return <SecretField {...common} value={value} onChange={set} />;
    case 'union':
      return <Union {...props} field={field} label={label} end={end} standing={standing} />;
    case 'list':
      return <List {...props} field={field} label={label} end={end} standing={standing} />;
    case 'object':
      return (
        <Framed label={label} end={end} path={path} hint={schema.description}>
          <div className={styles.nested}>
            <SchemaForm schema={schema} values={record(standing)} path={path} />
          </div>
        </Framed>
      );
    default:
      return <JsonField {...common} value={value} onChange={set} fallback={schema.default} />;
  }
}

function Union(
  props: FieldProps & { field: Field & { kind: 'union' }; label: string; end: ReactNode; standing: Json | undefined },
) {
  const form = useForm();
  const { field, path, label, standing } = props;
  const now = record(standing)[field.discriminator];
  const branch = field.branches.find((one) => one.properties?.[field.discriminator]?.const === now);
  const choose = (id: string) => {
    const next = field.branches.find((one) => JSON.stringify(one.properties?.[field.discriminator]?.const) === id);
    if (!next) return;
    const kept = Object.fromEntries(
      Object.entries(record(standing)).filter(([name]) => next.properties?.[name] && name !== field.discriminator),
    );
    form.set(
      path,
      {
        ...record(startOf(next, form.root)),
        ...kept,
        [field.discriminator]: next.properties![field.discriminator]!.const!,
      },
      t('Choose {field}', { field: label }),
    );
  };
  const inner = branch && Object.keys(branch.properties ?? {}).some((name) => name !== field.discriminator);
  return (
    <div className={styles.stack}>
      <Select
        label={label}
        labelEnd={props.end}
        hint={field.schema.description}
        mistake={form.mistake(path)}
        isRequired={props.required && field.schema.default === undefined}
        isDisabled={form.readOnly}
        name={path.join('.')}
        options={field.branches.map((one) => ({
          id: JSON.stringify(one.properties?.[field.discriminator]?.const),
          text: one.title ?? showValue(one.properties?.[field.discriminator]?.const),
        }))}
        value={now === undefined ? null : JSON.stringify(now)}
        onChange={choose}
      />
      {inner && (
        <div className={styles.nested} style={{ marginTop: 4 }}>
          <SchemaForm schema={branch} values={record(standing)} path={path} />
        </div>
      )}
    </div>
  );
}

function List(
  props: FieldProps & { field: Field & { kind: 'list' }; label: string; end: ReactNode; standing: Json | undefined },
) {
  const form = useForm();
  const { field, path, label } = props;
  const members = Array.isArray(props.standing) ? props.standing : [];
  const items = plain(field.items, form.root);
  const whole = items.type === 'object' || items.oneOf !== undefined;
  const title = items.title ?? t('Entry');
  const change = (next: Json[]) => form.set(path, next, t('Change {field}', { field: label }));
  return (
    <Framed label={label} end={props.end} path={path} hint={field.schema.description}>
      {members.map((member, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: members of a list have no other name
        <div key={index} className={whole ? styles.nested : styles.row}>
          {whole && (
            <div className={styles.memberHead}>
              {nameOfMember(member) ?? `${title} ${index + 1}`}
              {!form.readOnly && (
                <IconButton
                  small
                  icon="close"
                  label={t('Remove {what}', { what: `${title} ${index + 1}` })}
                  onPress={() => change(members.filter((_, each) => each !== index))}
                />
              )}
            </div>
          )}
          {whole && items.type === 'object' ? (
            <SchemaForm schema={items} values={record(member)} path={[...path, index]} />
          ) : (
            <FormField
              name={String(index)}
              label={`${label} ${index + 1}`}
              hideLabel
              schema={field.items}
              value={member}
              path={[...path, index]}
              required
            />
          )}
          {!whole && !form.readOnly && (
            <IconButton
              icon="close"
              label={t('Remove {what}', { what: `${label} ${index + 1}` })}
              onPress={() => change(members.filter((_, each) => each !== index))}
            />
          )}
        </div>
      ))}
      {!form.readOnly && (
        <div>
          <Button small icon="plus" onPress={() => change([...members, startOf(field.items, form.root)])}>
            {t('Add {what}', { what: (items.title ?? label).toLowerCase() })}
          </Button>
        </div>
      )}
    </Framed>
  );
}

const record = (value: Json | undefined): Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const stepFor = (value: Json | undefined): number =>
  typeof value === 'number' && value !== 0 && Math.abs(value) < 1 ? 10 ** Math.floor(Math.log10(Math.abs(value))) : 1;
function choiceText(value: Json, schema: Schema): string {
  const named = (schema.oneOf ?? schema.anyOf)?.find((one) => one.const === value)?.title;
  return named ?? showValue(value);
}

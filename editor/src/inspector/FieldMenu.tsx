/** The small menu beside a field: back to its default, or bound to a parameter of the pipeline. */
import { inOrder, isReference, type PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { Button as AriaButton, MenuTrigger } from 'react-aria-components';
import { Icon } from '../ui/Icon.tsx';
import { type MenuEntry, MenuList, PopoverBox } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import styles from './form.module.css';
import { type FieldProps, useForm } from './formContext.tsx';
import { type Field, isNullable } from './schema.ts';

/** Back to the default; bound to a parameter of the pipeline; bound to a new one. */
export function FieldMenu({
  path,
  value,
  schema,
  field,
  label,
  required,
}: FieldProps & { field: Field; label: string }) {
  const form = useForm();
  const bound = isReference(value);
  const type = parameterType(field);
  const entries: MenuEntry[] = [];
  if (value !== undefined && (!required || field.schema.default !== undefined || isNullable(schema)))
    entries.push({
      id: 'reset',
      text: field.schema.default === undefined ? t('Clear') : t('Back to the default'),
      icon: 'undo',
      onAction: () => form.set(path, undefined, t('Reset {field}', { field: label })),
    });
  if (bound)
    entries.push({
      id: 'unbind',
      text: t('Set a value here instead'),
      icon: 'unlink',
      onAction: () => form.set(path, form.parameters[value.$parameter]?.default, t('Unbind {field}', { field: label })),
    });
  const fitting = type && form.bind ? inOrder(form.parameters).filter(([, one]) => fits(one.type, type)) : [];
  const bind: MenuEntry[] = fitting.map(([name, parameter]) => ({
    id: `bind-${name}`,
    text: parameter.title ? `${name} · ${parameter.title}` : name,
    icon: 'parameter',
    selected: bound && value.$parameter === name,
    onAction: () => form.bind?.(path, name, null),
  }));
  if (type && form.bind && !bound) {
    const name = freeParameter(form.parameters, String(path.at(-1)));
    const standing = value ?? field.schema.default;
    bind.push({
      id: 'bind-new',
      text: t('New parameter “{name}”', { name }),
      icon: 'plus',
      onAction: () =>
        form.bind?.(path, name, {
          type,
          title: label,
          ...(standing === undefined || standing === null || typeof standing === 'object' ? {} : { default: standing }),
          ...(field.kind === 'enum' && field.values.every((one) => typeof one === 'string' || typeof one === 'number')
            ? { choices: field.values as (string | number)[] }
            : {}),
          ...(field.schema.minimum === undefined ? {} : { minimum: field.schema.minimum }),
          ...(field.schema.maximum === undefined ? {} : { maximum: field.schema.maximum }),
        }),
    });
  }
  if (entries.length + bind.length === 0) return null;
  return (
    <MenuTrigger>
      <AriaButton className={styles.tiny!} aria-label={t('{field}: default and binding', { field: label })}>
        <Icon name={bound ? 'link' : 'more'} size={14} />
      </AriaButton>
      <PopoverBox placement="bottom end">
        <MenuList label={label} groups={[{ entries }, { heading: t('Bind to a pipeline parameter'), entries: bind }]} />
      </PopoverBox>
    </MenuTrigger>
  );
}

function parameterType(field: Field): PipelineParameter['type'] | null {
  switch (field.kind) {
    case 'string':
    case 'text':
    case 'column':
    case 'file':
      return 'string';
    case 'number':
    case 'share':
      return 'number';
    case 'integer':
    case 'boolean':
    case 'date':
    case 'datetime':
      return field.kind;
    case 'enum':
      return typeof field.values[0] === 'number' ? 'number' : typeof field.values[0] === 'string' ? 'string' : null;
    default:
      return null;
  }
}
const fits = (has: PipelineParameter['type'], wants: PipelineParameter['type']): boolean =>
  has === wants ||
  (has === 'integer' && wants === 'number') ||
  ((has === 'date' || has === 'datetime') && wants === 'string');

function freeParameter(parameters: Readonly<Record<string, unknown>>, word: string): string {
  const stem = /^[A-Za-z_]/.test(word) ? word.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 56) : 'parameter';
  if (!Object.hasOwn(parameters, stem)) return stem;
  for (let n = 2; ; n++) if (!Object.hasOwn(parameters, `${stem}_${n}`)) return `${stem}_${n}`;
}

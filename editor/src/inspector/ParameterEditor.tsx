/** One parameter of the pipeline: what it is called, what kind of value it takes, and which it has when nobody says. */
import type { Json } from '@drawloom/shared/json.ts';
import { isReference, type PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { useState } from 'react';
import { renamePipelineParameter, setPipelineParameter } from '../document/commands.ts';
import { useDrawing, useDrawingObject } from '../document/DrawingContext.tsx';
import { Button } from '../ui/Button.tsx';
import { NumberField, Select, Switch, TextField } from '../ui/fields.tsx';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import styles from './Inspector.module.css';
import { showValue } from './schema.ts';

const types: readonly PipelineParameter['type'][] = ['string', 'number', 'integer', 'boolean', 'date', 'datetime'];
function typeWord(type: PipelineParameter['type']): string {
  return {
    string: t('Text'),
    number: t('Number'),
    integer: t('Whole number'),
    boolean: t('Yes or no'),
    date: t('Date'),
    datetime: t('Date and time'),
  }[type];
}

export function ParameterEditor(props: {
  name: string;
  parameter: PipelineParameter;
  readOnly: boolean;
  onRenamed: (name: string) => void;
}) {
  const { name, parameter, readOnly } = props;
  const drawing = useDrawingObject();
  const mistake = useDrawing(
    (state) => state.problems.find((problem) => problem.at.startsWith(`/parameters/${name}/`))?.message,
  );
  const used = useDrawing(
    (state) =>
      Object.values(state.document.nodes).filter((node) => usesParameter(node.parameters as Json, name)).length,
  );
  const [typed, setTyped] = useState(name);
  const change = (part: Partial<PipelineParameter>) =>
    drawing.edit(
      t('Change parameter “{name}”', { name }),
      (draft) => {
        const next = Object.fromEntries(
          Object.entries({ ...parameter, ...part }).filter(([, value]) => value !== undefined),
        ) as PipelineParameter;
        setPipelineParameter(draft, name, next);
      },
      `parameter ${name} ${Object.keys(part)}`,
    );
  const rename = () => {
    if (typed === name) return;
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(typed) || drawing.document.parameters[typed]) {
      toast(
        t('“{name}” cannot be a parameter’s name: use letters, digits and _, and a name that is free.', {
          name: typed,
        }),
        'failed',
      );
      setTyped(name);
      return;
    }
    drawing.edit(t('Rename parameter “{name}”', { name }), (draft) => renamePipelineParameter(draft, name, typed));
    props.onRenamed(typed);
  };
  return (
    <div className={styles.parameterBody}>
      <div className={styles.pair}>
        <TextField label={t('Name')} mono isReadOnly={readOnly} value={typed} onChange={setTyped} onBlur={rename} />
        <Select
          label={t('Type')}
          isDisabled={readOnly}
          options={types.map((type) => ({ id: type, text: typeWord(type) }))}
          value={parameter.type}
          onChange={(type) =>
            drawing.edit(t('Change parameter “{name}”', { name }), (draft) =>
              setPipelineParameter(draft, name, {
                type: type as PipelineParameter['type'],
                ...(parameter.title ? { title: parameter.title } : {}),
                ...(parameter.description ? { description: parameter.description } : {}),
              }),
            )
          }
        />
      </div>
      <TextField
        label={t('Title')}
        isReadOnly={readOnly}
        value={parameter.title ?? ''}
        onChange={(title) => change({ title: title || undefined } as Partial<PipelineParameter>)}
      />
      <ParameterValue
        parameter={parameter}
        label={t('Default')}
        mistake={mistake ?? null}
        isReadOnly={readOnly}
        value={parameter.default}
        onChange={(value) => change({ default: value as PipelineParameter['default'] } as Partial<PipelineParameter>)}
      />
      {(parameter.type === 'number' || parameter.type === 'integer') && (
        <div className={styles.pair}>
          <NumberField
            label={t('Minimum')}
            isReadOnly={readOnly}
            value={parameter.minimum ?? null}
            onChange={(minimum) => change({ minimum: minimum ?? undefined } as Partial<PipelineParameter>)}
          />
          <NumberField
            label={t('Maximum')}
            isReadOnly={readOnly}
            value={parameter.maximum ?? null}
            onChange={(maximum) => change({ maximum: maximum ?? undefined } as Partial<PipelineParameter>)}
          />
        </div>
      )}
      {!readOnly && (
        <div className={styles.sectionTitle}>
          <span className={styles.muted} style={{ fontWeight: 400 }}>
            {t('{n, plural, =0 {Used by no node} one {Used by a node} other {Used by # nodes}}', { n: used })}
          </span>
          <Button
            small
            tone="danger"
            icon="trash"
            onPress={() =>
              drawing.edit(t('Remove parameter “{name}”', { name }), (draft) =>
                setPipelineParameter(draft, name, undefined),
              )
            }
          >
            {t('Remove')}
          </Button>
        </div>
      )}
    </div>
  );
}

function usesParameter(value: Json, name: string): boolean {
  if (isReference(value)) return value.$parameter === name;
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((member) => usesParameter(member as Json, name))
  );
}

/** A field for one value of a pipeline parameter; the dialog that starts a run shows the same. */
export function ParameterValue(props: {
  parameter: PipelineParameter;
  label: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  mistake?: string | null;
  hint?: string;
  isReadOnly?: boolean;
  isRequired?: boolean;
}) {
  const { parameter, value, onChange, ...common } = props;
  if (parameter.choices && parameter.choices.length > 0)
    return (
      <Select
        {...common}
        options={parameter.choices.map((choice) => ({ id: JSON.stringify(choice), text: String(choice) }))}
        value={value === undefined ? null : JSON.stringify(value)}
        onChange={(id) => onChange(JSON.parse(id) as Json)}
      />
    );
  switch (parameter.type) {
    case 'boolean':
      return (
        <Switch isSelected={value === true} isDisabled={common.isReadOnly ?? false} onChange={onChange}>
          {common.label}
        </Switch>
      );
    case 'number':
    case 'integer':
      return (
        <NumberField
          {...common}
          whole={parameter.type === 'integer'}
          value={typeof value === 'number' ? value : null}
          onChange={(number) => onChange(number ?? undefined)}
          {...(parameter.minimum === undefined ? {} : { minimum: parameter.minimum })}
          {...(parameter.maximum === undefined ? {} : { maximum: parameter.maximum })}
          step={parameter.type === 'integer' ? 1 : 0.1}
        />
      );
    default:
      return (
        <TextField
          {...common}
          type={parameter.type === 'date' ? 'date' : 'text'}
          {...(parameter.type === 'datetime' ? { placeholder: '2013-01-31T12:00:00Z' } : {})}
          value={showValue(value)}
          onChange={(text) => onChange(text === '' ? undefined : text)}
        />
      );
  }
}

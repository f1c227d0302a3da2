/** The pipeline itself: its name, what it is for, and the parameters that a run may set. */
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { useState } from 'react';
import { setPipelineParameter } from '../document/commands.ts';
import { useDrawing, useDrawingObject } from '../document/DrawingContext.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { later } from '../ui/later.tsx';
import { NumberField, TextField } from '../ui/textFields.tsx';
import { t } from '../words/index.ts';
import styles from './Inspector.module.css';
import { NameInput } from './NameInput.tsx';
import { showValue } from './schema.ts';

/** Its pickers weigh more than the rest of the panel, so it comes when the page is idle, or when it is wanted before that. */
export const parameterEditor = later(async () => (await import('./ParameterEditor.tsx')).ParameterEditor);
const ParameterEditor = parameterEditor.Later;

export function PipelineForm({ onClose }: { onClose: () => void }) {
  const drawing = useDrawingObject();
  const name = useDrawing((state) => state.document.name);
  const description = useDrawing((state) => state.document.description ?? '');
  const parameters = useDrawing((state) => state.document.parameters);
  const timeoutMs = useDrawing((state) => state.document.settings?.timeoutMs);
  const readOnly = useDrawing((state) => state.readOnly);
  const [open, setOpen] = useState<string | null>(null);
  const add = () => {
    let fresh = 'parameter';
    for (let n = 2; parameters[fresh]; n++) fresh = `parameter_${n}`;
    drawing.edit(t('Add a parameter'), (draft) => setPipelineParameter(draft, fresh, { type: 'string' }));
    setOpen(fresh);
  };
  return (
    <>
      <header className={styles.head}>
        <span className={styles.tile}>
          <Icon name="pipelines" size={18} />
        </span>
        <div className={styles.names}>
          <NameInput
            label={t('Name of the pipeline')}
            name={name}
            readOnly={readOnly}
            onChange={(next) =>
              drawing.edit(
                t('Rename the pipeline'),
                (draft) => {
                  draft.name = next;
                },
                'pipeline name',
              )
            }
          />
          <div className={styles.type}>{t('Pipeline')}</div>
        </div>
        <IconButton small icon="close" label={t('Close the inspector')} onPress={onClose} />
      </header>
      <div className={styles.body} style={{ overflow: 'auto' }}>
        <TextField
          label={t('Description')}
          lines={3}
          isReadOnly={readOnly}
          value={description}
          placeholder={t('What it answers, from which data')}
          onChange={(text) =>
            drawing.edit(
              t('Describe the pipeline'),
              (draft) => {
                if (text) draft.description = text;
                else delete draft.description;
              },
              'pipeline description',
            )
          }
        />
        <NumberField
          label={t('Time limit of a run')}
          unit="min"
          hint={t('What is left of a run by then is stopped, and the run fails.')}
          isReadOnly={readOnly}
          minimum={0.001}
          maximum={43_200}
          placeholder={t('none')}
          value={timeoutMs === undefined ? null : timeoutMs / 60_000}
          onChange={(minutes) =>
            drawing.edit(
              t('Limit the time of a run'),
              (draft) => {
                if (minutes === null) delete draft.settings;
                else draft.settings = { timeoutMs: Math.max(1, Math.round(minutes * 60_000)) };
              },
              'pipeline time limit',
            )
          }
        />
        <div className={styles.sectionTitle}>
          {t('Parameters')}
          {!readOnly && (
            <Button small icon="plus" onPress={add}>
              {t('Add')}
            </Button>
          )}
        </div>
        {Object.keys(parameters).length === 0 && (
          <p className={styles.muted}>
            {t('Values that whoever starts a run may set. Fields of nodes can be bound to them.')}
          </p>
        )}
        <div className={styles.many}>
          {inOrder(parameters).map(([key, parameter]) => (
            <ParameterCard
              key={key}
              name={key}
              parameter={parameter}
              open={open === key}
              readOnly={readOnly}
              onToggle={() => setOpen(open === key ? null : key)}
              onRenamed={setOpen}
            />
          ))}
        </div>
      </div>
    </>
  );
}

function ParameterCard(props: {
  name: string;
  parameter: PipelineParameter;
  open: boolean;
  readOnly: boolean;
  onToggle: () => void;
  onRenamed: (name: string) => void;
}) {
  const { name, parameter, readOnly } = props;
  return (
    <section className={styles.parameter}>
      <button type="button" className={styles.parameterHead} aria-expanded={props.open} onClick={props.onToggle}>
        <Icon name="parameter" size={14} />
        <b>{name}</b>
        <span>{showValue(parameter.default) || t('asked at the start')}</span>
        <Icon name={props.open ? 'chevron-up' : 'chevron-down'} size={12} />
      </button>
      {props.open && (
        <ParameterEditor name={name} parameter={parameter} readOnly={readOnly} onRenamed={props.onRenamed} />
      )}
    </section>
  );
}

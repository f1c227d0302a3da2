/** Asks for the parameters of a run, then starts it. */
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { useState } from 'react';
import { useSending } from '../../api/useSending.ts';
import type { Drawing } from '../../document/drawing.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import { startRun } from './startRun.ts';

export function RunDialog({
  drawing,
  onClose,
  onStarted,
}: {
  drawing: Drawing;
  onClose: () => void;
  onStarted: (run: number) => void;
}) {
  const { parameters } = drawing.document;
  const [values, setValues] = useState<Record<string, Json>>({});
  const [reuse, setReuse] = useState(true);
  const bound = bindPipeline(parameters, values);
  const mistakes =
    'problems' in bound ? new Map(bound.problems.map((one) => [one.at.split('/')[2] ?? '', one.message])) : null;
  const form = useSending(async () => onStarted(await startRun(drawing, values, reuse)), mistakes === null);
  const { asked } = form;
  return (
    <FormDialog
      title={t('Run “{name}”', { name: drawing.document.name })}
      onClose={onClose}
      form={form}
      action={t('Run')}
      icon="play"
      data-testid="start-run"
    >
      {inOrder(parameters).map(([name, parameter], index) => (
        <ParameterValue
          key={name}
          parameter={parameter}
          label={parameter.title ?? name}
          {...(parameter.description ? { hint: parameter.description } : {})}
          {...(index === 0 ? { autoFocus: true } : {})}
          isRequired={parameter.default === undefined}
          value={values[name] ?? parameter.default}
          mistake={asked || values[name] !== undefined ? (mistakes?.get(name) ?? null) : null}
          onChange={(value) =>
            setValues((before) => {
              const { [name]: _, ...rest } = before;
              return value === undefined ? rest : { ...rest, [name]: value };
            })
          }
        />
      ))}
      <Checkbox isSelected={reuse} onChange={setReuse}>
        {t('Reuse earlier work where nothing changed')}
      </Checkbox>
    </FormDialog>
  );
}

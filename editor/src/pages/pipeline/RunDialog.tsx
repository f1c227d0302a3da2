/** Shows what a run would do, asks for its parameters, then starts it. */
import { Priority } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import { useEffect, useState } from 'react';
import { useSending } from '../../api/useSending.ts';
import type { Drawing } from '../../document/drawing.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { NumberField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { RunOutlook } from './RunOutlook.tsx';
import { startRun } from './startRun.ts';

export function RunDialog({
  drawing,
  scope,
  onClose,
  onStarted,
}: {
  drawing: Drawing;
  /** The part of the pipeline that is to be done; null: all of it. */
  scope: Scope | null;
  onClose: () => void;
  onStarted: (run: number) => void;
}) {
  const { parameters } = drawing.document;
  const [values, setValues] = useState<Record<string, Json>>({});
  const [reuse, setReuse] = useState(true);
  const [priority, setPriority] = useState<number | null>(0);
  // What is planned is what is saved. Where it cannot be, starting says so.
  const [saved, setSaved] = useState(false);
  useEffect(() => {
    drawing.flush().then(
      () => setSaved(true),
      () => {},
    );
  }, [drawing]);
  const bound = bindPipeline(parameters, values);
  const mistakes =
    'problems' in bound ? new Map(bound.problems.map((one) => [one.at.split('/')[2] ?? '', one.message])) : null;
  const wish = { parameters: values, reuse, ...(scope && { scope }) };
  const { success: mayHave, data: given } = Priority.safeParse(priority ?? 0);
  const form = useSending(
    async () => onStarted(await startRun(drawing, { ...wish, ...(given ? { priority: given } : {}) })),
    mistakes === null && mayHave,
  );
  const { asked } = form;
  return (
    <FormDialog
      title={titleOf(drawing, scope)}
      onClose={onClose}
      form={form}
      action={t('do::Run')}
      icon="play"
      wide
      beginsAtAction={Object.keys(parameters).length === 0}
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
      <NumberField
        label={t('Priority')}
        hint={t('Where several runs wait for a worker, the one of the higher priority goes first. -100 to 100.')}
        whole
        minimum={-100}
        maximum={100}
        value={priority}
        onChange={setPriority}
        mistake={mayHave ? null : t('A priority is a whole number from -100 to 100.')}
      />
      <RunOutlook pipeline={drawing.id} wish={saved && !mistakes ? wish : null} />
    </FormDialog>
  );
}

function titleOf({ document }: Drawing, scope: Scope | null): string {
  const names = (ids: readonly string[]) => ids.map((id) => document.nodes[id]?.name ?? id).join(', ');
  if (scope?.from) return t('Run from “{nodes}” on', { nodes: names(scope.from) });
  if (scope?.to) return t('Run to “{nodes}”', { nodes: names(scope.to) });
  return t('Run “{name}”', { name: document.name });
}

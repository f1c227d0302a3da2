/** Asks for the parameters of a run, then starts it. */
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { useState } from 'react';
import { type ProblemError, problemOf } from '../../api/call.ts';
import type { Drawing } from '../../document/drawing.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { Dialog } from '../../ui/overlays.tsx';
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
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [asked, setAsked] = useState(false);
  const bound = bindPipeline(parameters, values);
  const mistakes =
    'problems' in bound ? new Map(bound.problems.map((one) => [one.at.split('/')[2] ?? '', one.message])) : null;
  const start = async () => {
    setAsked(true);
    if (mistakes) return;
    setBusy(true);
    setProblem(null);
    try {
      onStarted(await startRun(drawing, values, reuse));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('Run “{name}”', { name: drawing.document.name })}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{t('Cancel')}</Button>
          <Button tone="primary" icon="play" isPending={busy} onPress={() => void start()} data-testid="start-run">
            {t('Run')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
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
    </Dialog>
  );
}

/** Asks somebody else to promote a version: to which name, why, and which numbers have to hold. */
import type { ModelStage, ModelVersionSummary, PromotionGate } from '@drawloom/shared/api/models.ts';
import { useState } from 'react';
import { approvalsChanged } from '../../api/approvals.ts';
import { call, routes } from '../../api/call.ts';
import { useSending } from '../../api/useSending.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { ComboBox, NumberField, Select, TextField } from '../../ui/fields.tsx';
import { toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';
import { stageWord } from './Names.tsx';

interface Drafted {
  key: number;
  metric: string;
  is: PromotionGate['is'];
  /** Empty: a bound by itself. */
  than: string;
  value: number | null;
}

const byStage = ['Staging', 'Production'] as const satisfies readonly ModelStage[];

export function PromotionDialog(props: {
  project: string;
  version: ModelVersionSummary;
  aliases: readonly { alias: string; version: number }[];
  onAsked: () => void;
  onClose: () => void;
}) {
  const { project, version, aliases } = props;
  const [to, setTo] = useState('alias');
  const [alias, setAlias] = useState('champion');
  const [text, setText] = useState('');
  const [gates, setGates] = useState<readonly Drafted[]>([]);
  const wanted = alias.trim().replace(/^@/, '');
  const stage = byStage.find((one) => one === to);
  const ready = (stage !== undefined || wanted !== '') && gates.every(({ than, value }) => than || value !== null);
  const form = useSending(async () => {
    await call(routes.askPromotion, {
      params: { project, model: version.model, version: version.version },
      body: {
        ...(stage ? { stage, archive: true } : { alias: wanted }),
        text,
        gates: gates.map(({ metric, is, than, value }) =>
          than ? { metric, is, than, by: value ?? 0 } : { metric, is, bound: value! },
        ),
      },
    });
    approvalsChanged();
    props.onAsked();
    props.onClose();
    toast(t('It is asked, and waits for somebody who promotes.'), 'success');
  }, ready);
  const change = (key: number, to: Partial<Drafted>) =>
    setGates((all) => all.map((one) => (one.key === key ? { ...one, ...to } : one)));
  const names = Object.keys(version.metrics);
  return (
    <FormDialog
      title={t('Ask for the promotion of version {n}', { n: version.version })}
      action={t('Ask')}
      form={form}
      onClose={props.onClose}
      wide
      data-testid="ask-promotion"
    >
      <Select
        label={t('Promote it to')}
        value={to}
        onChange={setTo}
        options={[
          { id: 'alias', text: t('an alias') },
          ...byStage.map((one) => ({
            id: one,
            text: t('{stage}, and what else is there to the archive', { stage: stageWord(one) }),
          })),
        ]}
      />
      {stage === undefined && (
        <ComboBox
          label={t('Alias')}
          free
          isRequired
          value={alias}
          onChange={setAlias}
          options={aliases.map((one) => ({
            id: one.alias,
            text: one.alias,
            hint: t('names version {n}', { n: one.version }),
          }))}
          mistake={form.asked && wanted === '' ? t('Give it a name, such as champion.') : null}
        />
      )}
      <TextField label={t('Why')} lines={3} value={text} onChange={setText} />
      {gates.map((gate, place) => (
        <fieldset key={gate.key} className={styles.gate}>
          <legend>{t('Gate {n}', { n: place + 1 })}</legend>
          <Select
            label={t('Number')}
            value={gate.metric}
            onChange={(metric) => change(gate.key, { metric })}
            options={names.map((name) => ({ id: name, text: name }))}
          />
          <Select
            label={t('Has to be')}
            value={gate.is}
            onChange={(is) => change(gate.key, { is: is as Drafted['is'] })}
            options={[
              { id: 'at least', text: t('at least') },
              { id: 'at most', text: t('at most') },
            ]}
          />
          <Select
            label={t('Beside')}
            value={gate.than}
            onChange={(than) => change(gate.key, { than })}
            options={[
              { id: '', text: t('a bound of its own') },
              ...aliases.map((one) => ({
                id: one.alias,
                text: t('@{alias}, version {n}', { alias: one.alias, n: one.version }),
              })),
            ]}
          />
          <NumberField
            label={gate.than ? t('Worse by at most') : t('Bound')}
            value={gate.value}
            onChange={(value) => change(gate.key, { value })}
            mistake={form.asked && !gate.than && gate.value === null ? t('Give it a number.') : null}
          />
          <IconButton
            icon="close"
            small
            label={t('Take away gate {n}', { n: place + 1 })}
            onPress={() => setGates((all) => all.filter((one) => one !== gate))}
          />
        </fieldset>
      ))}
      {names.length > 0 && (
        <div>
          <Button
            small
            icon="plus"
            onPress={() =>
              setGates((all) => [
                ...all,
                {
                  key: (all.at(-1)?.key ?? 0) + 1,
                  metric: names[0]!,
                  is: 'at least',
                  than: aliases[0]?.alias ?? '',
                  value: null,
                },
              ])
            }
          >
            {t('Add a gate')}
          </Button>
        </div>
      )}
    </FormDialog>
  );
}

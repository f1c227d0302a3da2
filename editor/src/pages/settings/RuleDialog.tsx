/** Asks which news of which pipelines a channel is to hear. */
import { routes } from '@drawloom/shared/api/index.ts';
import { type Channel, NewsKind, type NotificationRule } from '@drawloom/shared/api/notifications.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox, Select } from '../../ui/fields.tsx';
import { NumberField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { newsMeaning, newsWord } from './newsWords.ts';
import styles from './SettingsPage.module.css';

export function RuleDialog(props: {
  project: string;
  /** The rule to change; null for a new one. */
  rule: NotificationRule | null;
  channels: readonly Channel[];
  onClose: () => void;
  onSaved: () => void;
}) {
  const { project, rule } = props;
  const [channel, setChannel] = useState(rule?.channel ?? props.channels[0]?.id ?? null);
  const [news, setNews] = useState<readonly NewsKind[]>(rule?.news ?? ['failed', 'recovered']);
  const [minutes, setMinutes] = useState<number | null>((rule?.lateAfterMs ?? 3_600_000) / 60_000);
  const [all, setAll] = useState(!rule?.pipelines);
  const [chosen, setChosen] = useState<readonly string[]>(rule?.pipelines?.map(({ id }) => id) ?? []);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const toggled = <T,>(list: readonly T[], one: T, on: boolean): T[] =>
    on ? [...list, one] : list.filter((other) => other !== one);
  const late = news.includes('late');
  const ready = channel && news.length > 0 && (all || chosen.length > 0) && (!late || minutes);
  const form = useSending(async () => {
    const body = {
      news: NewsKind.options.filter((one) => news.includes(one)),
      pipelines: all ? null : [...chosen],
      lateAfterMs: late && minutes ? minutes * 60_000 : null,
    };
    if (rule) await call(routes.changeRule, { params: { project, rule: rule.id }, body });
    else await call(routes.createRule, { params: { project }, body: { ...body, channel: channel! } });
    props.onSaved();
  });
  return (
    <FormDialog
      title={rule ? t('Change rule') : t('Add rule')}
      onClose={props.onClose}
      form={form}
      action={rule ? t('Save') : t('Add')}
      isDisabled={!ready}
      data-testid="save-rule"
    >
      {!rule && (
        <Select
          label={t('Channel')}
          value={channel}
          onChange={setChannel}
          options={props.channels.map(({ id, name }) => ({ id, text: name }))}
        />
      )}
      <fieldset className={styles.choices}>
        <legend>{t('News')}</legend>
        {NewsKind.options.map((one) => (
          <div key={one}>
            <Checkbox isSelected={news.includes(one)} onChange={(on) => setNews(toggled(news, one, on))}>
              {newsWord(one)}
            </Checkbox>
            <p className={styles.muted}>{newsMeaning(one)}</p>
          </div>
        ))}
      </fieldset>
      {late && (
        <NumberField
          label={t('Late after, in minutes')}
          isRequired
          minimum={1}
          maximum={1440}
          value={minutes}
          onChange={setMinutes}
          hint={t('Counted from the time that the schedule names.')}
        />
      )}
      <Checkbox isSelected={all} onChange={setAll}>
        {t('All pipelines, those to come as well')}
      </Checkbox>
      {!all && (
        <fieldset className={styles.choices}>
          <legend>{t('Pipelines')}</legend>
          {(pipelines.data?.pipelines ?? []).map(({ id, name }) => (
            <Checkbox key={id} isSelected={chosen.includes(id)} onChange={(on) => setChosen(toggled(chosen, id, on))}>
              {name}
            </Checkbox>
          ))}
        </fieldset>
      )}
    </FormDialog>
  );
}

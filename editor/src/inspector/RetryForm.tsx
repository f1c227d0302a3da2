/** What becomes of a node whose attempt failed: how often it is tried again, when, and which errors are decided otherwise. */
import type { Retry, RetryRule } from '@drawloom/shared/pipeline/document.ts';
import { FailureReason } from '@drawloom/shared/run/status.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { NumberField, Select, TextField } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';
import styles from './Inspector.module.css';

type Part<T> = { [Key in keyof T]?: T[Key] | undefined };
/** A change without what was emptied. */
const joined = <T extends object>(before: T, part: Part<T>): T =>
  Object.fromEntries(Object.entries({ ...before, ...part }).filter(([, value]) => value !== undefined)) as T;

export function RetryForm(props: {
  retry: Retry | undefined;
  readOnly: boolean;
  onChange: (retry: Retry | undefined) => void;
}) {
  const { retry, readOnly, onChange } = props;
  const change = (part: Part<Retry>) => retry && onChange(joined(retry, part));
  const seconds = (ms: number | undefined) => (ms === undefined ? null : ms / 1000);
  const milliseconds = (value: number | null) => (value === null ? undefined : Math.round(value * 1000));
  return (
    <>
      <h4 className={formStyles.groupTitle}>{t('When an attempt fails')}</h4>
      <div className={styles.pair}>
        <NumberField
          label={t('Attempts in all')}
          isReadOnly={readOnly}
          whole
          minimum={1}
          maximum={100}
          placeholder="1"
          value={retry?.attempts ?? null}
          onChange={(attempts) => onChange(attempts === null ? undefined : { delayMs: 1000, ...retry, attempts })}
        />
        <NumberField
          label={t('Delay')}
          unit="s"
          isReadOnly={readOnly}
          isDisabled={!retry}
          minimum={0}
          placeholder="1"
          value={seconds(retry?.delayMs)}
          onChange={(value) => change({ delayMs: milliseconds(value) ?? 1000 })}
        />
      </div>
      {retry && (
        <>
          <div className={styles.pair}>
            <NumberField
              label={t('Grows by')}
              unit="×"
              isReadOnly={readOnly}
              minimum={1}
              maximum={10}
              placeholder="2"
              value={retry.factor ?? null}
              onChange={(factor) => change({ factor: factor ?? undefined })}
            />
            <NumberField
              label={t('At most')}
              unit="s"
              isReadOnly={readOnly}
              minimum={0}
              placeholder="3600"
              value={seconds(retry.maxDelayMs)}
              onChange={(value) => change({ maxDelayMs: milliseconds(value) })}
            />
          </div>
          <NumberField
            label={t('Left to chance')}
            unit="%"
            hint={t('A share of each delay, so that many that failed together do not come back together.')}
            isReadOnly={readOnly}
            whole
            minimum={0}
            maximum={100}
            placeholder="20"
            value={retry.jitter === undefined ? null : Math.round(retry.jitter * 100)}
            onChange={(share) => change({ jitter: share === null ? undefined : share / 100 })}
          />
          <Rules
            rules={retry.rules ?? []}
            readOnly={readOnly}
            onChange={(rules) => change({ rules: rules.length > 0 ? rules : undefined })}
          />
        </>
      )}
    </>
  );
}

function Rules(props: { rules: readonly RetryRule[]; readOnly: boolean; onChange: (rules: RetryRule[]) => void }) {
  const { rules, readOnly, onChange } = props;
  const put = (at: number, rule: RetryRule) => onChange(rules.map((one, index) => (index === at ? rule : one)));
  return (
    <>
      {rules.map((rule, at) => (
        <fieldset
          // biome-ignore lint/suspicious/noArrayIndexKey: the order is what names a rule
          key={at}
          className={styles.rule}
          aria-label={t('Rule {n}', { n: at + 1 })}
        >
          <div className={styles.pair}>
            <Select
              label={t('Reason')}
              isDisabled={readOnly}
              options={[{ id: '', text: t('any') }, ...FailureReason.options.map((id) => ({ id, text: wordFor(id) }))]}
              value={rule.reason ?? ''}
              onChange={(id) => put(at, joined(rule, { reason: (id || undefined) as RetryRule['reason'] }))}
            />
            <Select
              label={t('Then')}
              isDisabled={readOnly}
              options={[
                { id: 'retry', text: t('try again') },
                { id: 'fail', text: t('give up') },
              ]}
              value={rule.do}
              onChange={(id) => put(at, joined(rule, { do: id as RetryRule['do'], delayMs: undefined }))}
            />
          </div>
          <TextField
            label={t('Exception')}
            mono
            isReadOnly={readOnly}
            placeholder="TimeoutError"
            value={rule.type ?? ''}
            onChange={(type) => put(at, joined(rule, { type: type || undefined }))}
          />
          <TextField
            label={t('Message contains')}
            isReadOnly={readOnly}
            value={rule.message ?? ''}
            onChange={(message) => put(at, joined(rule, { message: message || undefined }))}
          />
          {rule.do === 'retry' && (
            <NumberField
              label={t('Delay of its own')}
              unit="s"
              isReadOnly={readOnly}
              minimum={0}
              placeholder={t('as above')}
              value={rule.delayMs === undefined ? null : rule.delayMs / 1000}
              onChange={(value) =>
                put(at, joined(rule, { delayMs: value === null ? undefined : Math.round(value * 1000) }))
              }
            />
          )}
          {!readOnly && (
            <IconButton
              small
              icon="trash"
              label={t('Remove rule {n}', { n: at + 1 })}
              onPress={() => onChange(rules.filter((_, index) => index !== at))}
            />
          )}
        </fieldset>
      ))}
      {!readOnly && rules.length < 20 && (
        <Button small icon="plus" onPress={() => onChange([...rules, { reason: 'user_error', do: 'fail' }])}>
          {t('Add a rule for an error')}
        </Button>
      )}
    </>
  );
}

const wordFor = (reason: FailureReason): string =>
  ({
    user_error: t('its code raised'),
    bad_output: t('wrong output'),
    bad_input: t('input gone'),
    timeout: t('time limit'),
    oom: t('out of memory'),
    disk_full: t('disk full'),
    killed: t('killed by a signal'),
    infra: t('fault of the house'),
  })[reason];

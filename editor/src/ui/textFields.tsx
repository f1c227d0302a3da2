/**
 * Things to type into. Every field has a label, and may have a hint and a mistake; `labelEnd` is a place for a small action beside
 * the label (binding to a parameter, resetting). Apart from the pickers in `fields.tsx`, so that a first page need not bring those.
 */
import { type ReactNode, type Ref, useState } from 'react';
import {
  Button as AriaButton,
  Input as AriaInput,
  SearchField as AriaSearchField,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  ButtonContext,
  FieldError,
  Group,
  Label,
  Text,
} from 'react-aria-components';
import { t } from '../words/index.ts';
import styles from './controls.module.css';
import { cx } from './cx.ts';
import { Icon } from './Icon.tsx';

export interface Common {
  label: string;
  /** Keeps the label for assistive technology only. */
  hideLabel?: boolean;
  labelEnd?: ReactNode;
  hint?: ReactNode;
  /** What is wrong with the value; the field turns red. */
  mistake?: string | null | undefined;
  isRequired?: boolean;
  isDisabled?: boolean;
  isReadOnly?: boolean;
  autoFocus?: boolean;
  name?: string;
  'data-testid'?: string;
}

export function LabelRow({ label, hideLabel, labelEnd, isRequired }: Common) {
  if (hideLabel) return <Label className="visually-hidden">{label}</Label>;
  return (
    <div className={styles.label}>
      <Label>
        {label}
        {isRequired && (
          <span className={styles.required} aria-hidden="true">
            {' *'}
          </span>
        )}
      </Label>
      {/* a field gives its own button to whatever button stands in it; the one beside the label is not that */}
      {labelEnd && (
        <ButtonContext.Provider value={{}}>
          <span className={styles.labelEnd}>{labelEnd}</span>
        </ButtonContext.Provider>
      )}
    </div>
  );
}

export function Below({ hint, mistake }: Common) {
  return (
    <>
      {hint && !mistake && (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.wrong}>{mistake}</FieldError>
    </>
  );
}

export const shared = (props: Common) => ({
  isInvalid: Boolean(props.mistake),
  validationBehavior: 'aria' as const,
  ...(props.isRequired ? { isRequired: true } : {}),
  ...(props.isDisabled ? { isDisabled: true } : {}),
  ...(props.isReadOnly ? { isReadOnly: true } : {}),
  ...(props.autoFocus ? { autoFocus: true } : {}),
  ...(props.name ? { name: props.name } : {}),
  ...(props['data-testid'] ? { 'data-testid': props['data-testid'] } : {}),
  className: styles.field!,
});

export function TextField(
  props: Common & {
    value: string;
    onChange: (value: string) => void;
    onBlur?: () => void;
    placeholder?: string;
    type?: 'text' | 'email' | 'password' | 'url' | 'date' | 'datetime-local';
    autoComplete?: string;
    lines?: number;
    mono?: boolean;
    maxLength?: number;
    inputRef?: Ref<HTMLInputElement>;
  },
) {
  const { lines, mono, placeholder } = props;
  return (
    <AriaTextField
      {...shared(props)}
      value={props.value}
      onChange={props.onChange}
      {...(props.onBlur ? { onBlur: props.onBlur } : {})}
      type={(props.type ?? 'text') as 'text'}
      {...(props.autoComplete ? { autoComplete: props.autoComplete } : {})}
      {...(props.maxLength ? { maxLength: props.maxLength } : {})}
    >
      <LabelRow {...props} />
      {lines ? (
        <AriaTextArea
          className={cx(styles.area, mono && styles.mono)}
          rows={lines}
          {...(placeholder ? { placeholder } : {})}
        />
      ) : (
        <AriaInput
          className={cx(styles.input, mono && styles.mono)}
          {...(placeholder ? { placeholder } : {})}
          {...(props.inputRef ? { ref: props.inputRef } : {})}
          spellCheck={false}
        />
      )}
      <Below {...props} />
    </AriaTextField>
  );
}

/** Empty is `null`. What is typed counts at once; what is no number is told to be none. */
export function NumberField(
  props: Common & {
    value: number | null;
    onChange: (value: number | null) => void;
    minimum?: number;
    maximum?: number;
    step?: number;
    whole?: boolean;
    unit?: string;
    placeholder?: string;
  },
) {
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (props.value === null ? '' : String(props.value));
  const read = (raw: string): number | null => {
    const number = Number(raw.trim().replace(',', '.'));
    return raw.trim() === '' || !Number.isFinite(number) ? null : number;
  };
  const foreign = text.trim() !== '' && read(text) === null;
  const nudge = (by: number) => {
    const step = props.step ?? 1;
    const next = Number(((read(text) ?? 0) + by * step).toPrecision(12));
    setTyped(null);
    props.onChange(Math.min(props.maximum ?? next, Math.max(props.minimum ?? next, next)));
  };
  return (
    <AriaTextField
      {...shared({ ...props, mistake: foreign ? t('This is no number.') : props.mistake })}
      value={text}
      inputMode={props.whole ? 'numeric' : 'decimal'}
      onChange={(raw) => {
        setTyped(raw);
        const number = read(raw);
        if (number !== null || raw.trim() === '') props.onChange(number);
      }}
      onBlur={() => setTyped(null)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowUp') nudge(event.shiftKey ? 10 : 1);
        else if (event.key === 'ArrowDown') nudge(event.shiftKey ? -10 : -1);
        else return;
        event.preventDefault();
      }}
    >
      <LabelRow {...props} />
      <Group className={styles.group!} isInvalid={Boolean(props.mistake) || foreign}>
        <AriaInput
          className={cx(styles.bare, 'tabular')}
          {...(props.placeholder ? { placeholder: props.placeholder } : {})}
        />
        {props.unit && <span className={styles.unit}>{props.unit}</span>}
        <div className={styles.steppers} aria-hidden="true">
          <button type="button" tabIndex={-1} className={styles.stepper} onClick={() => nudge(1)}>
            <Icon name="chevron-up" size={10} />
          </button>
          <button type="button" tabIndex={-1} className={styles.stepper} onClick={() => nudge(-1)}>
            <Icon name="chevron-down" size={10} />
          </button>
        </div>
      </Group>
      <Below {...props} mistake={foreign ? t('This is no number.') : props.mistake} />
    </AriaTextField>
  );
}

export function SearchField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  autoFocus?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  onSubmit?: (value: string) => void;
  'data-testid'?: string;
}) {
  return (
    <AriaSearchField
      aria-label={props.label}
      value={props.value}
      onChange={props.onChange}
      {...(props.onSubmit ? { onSubmit: props.onSubmit } : {})}
      {...(props.autoFocus ? { autoFocus: true } : {})}
      {...(props['data-testid'] ? { 'data-testid': props['data-testid'] } : {})}
      className={styles.field!}
    >
      {({ isEmpty }) => (
        <Group className={styles.group!}>
          <span className={styles.lead}>
            <Icon name="search" size={14} />
          </span>
          <AriaInput
            className={styles.bare!}
            placeholder={props.placeholder ?? props.label}
            {...(props.inputRef ? { ref: props.inputRef } : {})}
            spellCheck={false}
          />
          {!isEmpty && (
            <AriaButton className={styles.opener!} aria-label={t('Clear')}>
              <Icon name="close" size={12} />
            </AriaButton>
          )}
        </Group>
      )}
    </AriaSearchField>
  );
}

/**
 * Things to fill in. Every field has a label, and may have a hint and a mistake; `labelEnd` is a place for a small action beside
 * the label (binding to a parameter, resetting).
 */
import { type ReactNode, type Ref, useState } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  ComboBox as AriaComboBox,
  Input as AriaInput,
  ListBox as AriaListBox,
  ListBoxItem as AriaListBoxItem,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  Switch as AriaSwitch,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  FieldError,
  Group,
  Label,
  SelectValue,
  Text,
} from 'react-aria-components';
import { t } from '../words/index.ts';
import styles from './controls.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import overlay from './overlays.module.css';
import { PopoverBox } from './overlays.tsx';

interface Common {
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

function LabelRow({ label, hideLabel, labelEnd, isRequired }: Common) {
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
      {labelEnd && <span className={styles.labelEnd}>{labelEnd}</span>}
    </div>
  );
}

function Below({ hint, mistake }: Common) {
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

const shared = (props: Common) => ({
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

export interface Option {
  id: string;
  text: string;
  hint?: string;
  icon?: IconName;
}

function Options({ items }: { items: readonly Option[] }) {
  return (
    <AriaListBox items={items} className={overlay.list!}>
      {(item) => (
        <AriaListBoxItem id={item.id} textValue={item.text} className={overlay.item!}>
          {item.icon && <Icon name={item.icon} />}
          <Text slot="label" className={overlay.itemText!}>
            {item.text}
          </Text>
          {item.hint && (
            <Text slot="description" className={overlay.itemHint!}>
              {item.hint}
            </Text>
          )}
          <span className={overlay.itemTick}>
            <Icon name="check" size={14} />
          </span>
        </AriaListBoxItem>
      )}
    </AriaListBox>
  );
}

export function Select(
  props: Common & {
    options: readonly Option[];
    value: string | null;
    onChange: (id: string) => void;
    placeholder?: string;
  },
) {
  return (
    <AriaSelect
      {...shared(props)}
      value={props.value}
      onChange={(key) => key !== null && props.onChange(String(key))}
      placeholder={props.placeholder ?? t('Choose…')}
    >
      <LabelRow {...props} />
      <AriaButton className={cx(styles.input, styles.select)}>
        <SelectValue>
          {({ selectedText, defaultChildren, isPlaceholder }) => (isPlaceholder ? defaultChildren : selectedText)}
        </SelectValue>
        <span className={styles.caret}>
          <Icon name="chevron-down" size={12} />
        </span>
      </AriaButton>
      <Below {...props} />
      <PopoverBox sameWidth>
        <Options items={props.options} />
      </PopoverBox>
    </AriaSelect>
  );
}

/** A choice that is found by typing; with `free`, what is typed may be something that is not listed. */
export function ComboBox(
  props: Common & {
    options: readonly Option[];
    value: string;
    onChange: (value: string) => void;
    placeholder?: string;
    free?: boolean;
    mono?: boolean;
  },
) {
  const chosen = props.options.find((option) => option.id === props.value);
  return (
    <AriaComboBox
      {...shared(props)}
      defaultItems={props.options}
      {...(props.free
        ? { allowsCustomValue: true, inputValue: props.value, onInputChange: props.onChange }
        : {
            value: chosen ? chosen.id : null,
            onChange: (key: unknown) => key !== null && props.onChange(String(key)),
          })}
      menuTrigger="focus"
    >
      <LabelRow {...props} />
      <Group className={styles.group!}>
        <AriaInput
          className={cx(styles.bare, props.mono && styles.mono)}
          {...(props.placeholder ? { placeholder: props.placeholder } : {})}
          spellCheck={false}
        />
        <AriaButton className={styles.opener!}>
          <Icon name="chevron-down" size={12} />
        </AriaButton>
      </Group>
      <Below {...props} />
      <PopoverBox sameWidth>
        <Options items={props.options} />
      </PopoverBox>
    </AriaComboBox>
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

export function Checkbox(props: {
  children: ReactNode;
  isSelected: boolean;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
  isIndeterminate?: boolean;
  'aria-label'?: string;
}) {
  const { children, ...rest } = props;
  return (
    <AriaCheckbox {...rest} className={styles.tick!}>
      <span className={styles.box}>
        <Icon name={props.isIndeterminate ? 'minus' : 'check'} size={12} />
      </span>
      {children}
    </AriaCheckbox>
  );
}

export function Switch(props: {
  children?: ReactNode;
  isSelected: boolean;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
  'aria-label'?: string;
}) {
  const { children, ...rest } = props;
  return (
    <AriaSwitch {...rest} className={styles.tick!}>
      <span className={styles.track}>
        <span className={styles.thumb} style={{ display: 'block' }} />
      </span>
      {children}
    </AriaSwitch>
  );
}

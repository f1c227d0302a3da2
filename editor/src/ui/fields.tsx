/** Things to choose from and to switch; what is typed into is in `textFields.tsx` and handed on from here. */
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  ComboBox as AriaComboBox,
  Input as AriaInput,
  ListBox as AriaListBox,
  ListBoxItem as AriaListBoxItem,
  Select as AriaSelect,
  Switch as AriaSwitch,
  Group,
  SelectValue,
  Text,
} from 'react-aria-components';
import { t } from '../words/index.ts';
import styles from './controls.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import overlay from './overlays.module.css';
import { PopoverBox } from './overlays.tsx';
import { Below, type Common, LabelRow, shared } from './textFields.tsx';

export { NumberField, SearchField, TextField } from './textFields.tsx';

export interface Option {
  id: string;
  text: string;
  hint?: string;
  icon?: IconName;
}

function Options({ items, empty }: { items: readonly Option[]; empty?: string | undefined }) {
  return (
    <AriaListBox
      items={items}
      className={overlay.list!}
      {...(empty ? { renderEmptyState: () => <p className={overlay.listEmpty}>{empty}</p> } : {})}
    >
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
    /** Said in the list while nothing fits, so that a list that is still being fetched opens too. */
    empty?: string;
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
      allowsEmptyCollection={props.empty !== undefined}
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
        <Options items={props.options} empty={props.empty} />
      </PopoverBox>
    </AriaComboBox>
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

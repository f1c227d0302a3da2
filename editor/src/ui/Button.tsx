/** Things to press. */
import type { ReactNode, Ref } from 'react';
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
  type LinkProps as AriaLinkProps,
  ToggleButton as AriaToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';
import styles from './controls.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import { Tooltip } from './overlays.tsx';

type Tone = 'plain' | 'primary' | 'danger' | 'quiet';
export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  tone?: Tone;
  small?: boolean;
  icon?: IconName;
  children?: ReactNode;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
}
export function Button({ tone = 'plain', small, icon, children, className, isPending, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      {...(isPending === undefined ? {} : { isPending })}
      className={cx(styles.button, tone !== 'plain' && styles[tone], small && styles.small, className)}
    >
      {isPending ? (
        <span className={styles.spin} style={{ display: 'flex' }}>
          <Icon name="arc" />
        </span>
      ) : (
        icon && <Icon name={icon} />
      )}
      {children}
    </AriaButton>
  );
}

/** A button of one picture. Its label is its tooltip and its accessible name. */
export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  icon: IconName;
  label: string;
  keys?: string;
  small?: boolean;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
}
export function IconButton({ icon, label, keys, small, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(keys ? { keys } : {})}>
      <AriaButton
        {...rest}
        aria-label={label}
        className={cx(styles.button, styles.quiet, styles.icon, small && styles.small, className)}
      >
        <Icon name={icon} />
      </AriaButton>
    </Tooltip>
  );
}

/** A button of one picture that stays pressed. */
export function IconToggle(props: {
  icon: IconName;
  label: string;
  keys?: string;
  isSelected: boolean;
  onChange: (on: boolean) => void;
  small?: boolean;
}) {
  return (
    <Tooltip text={props.label} {...(props.keys ? { keys: props.keys } : {})}>
      <AriaToggleButton
        aria-label={props.label}
        isSelected={props.isSelected}
        onChange={props.onChange}
        className={cx(styles.button, styles.quiet, styles.icon, props.small && styles.small)}
      >
        <Icon name={props.icon} />
      </AriaToggleButton>
    </Tooltip>
  );
}

/** Looks like a button, is a link: takes `href` (see `app/router.tsx`, which makes plain links client-side). */
export function LinkButton({
  tone = 'plain',
  small,
  icon,
  children,
  ...rest
}: Omit<AriaLinkProps, 'className' | 'style' | 'children'> & {
  tone?: Tone;
  small?: boolean;
  icon?: IconName;
  children?: ReactNode;
}) {
  return (
    <AriaLink {...rest} className={cx(styles.button, tone !== 'plain' && styles[tone], small && styles.small)}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaLink>
  );
}

/** One of a few. */
export function Segmented<Id extends string>(props: {
  label: string;
  options: readonly { id: Id; text: string; icon?: IconName }[];
  value: Id;
  onChange: (id: Id) => void;
}) {
  return (
    <ToggleButtonGroup
      aria-label={props.label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[props.value]}
      onSelectionChange={(keys) => {
        const [key] = keys;
        if (key !== undefined) props.onChange(key as Id);
      }}
      className={styles.segmented}
    >
      {props.options.map((option) => (
        <AriaToggleButton key={option.id} id={option.id} className={styles.segment}>
          {option.icon && <Icon name={option.icon} />}
          {option.text}
        </AriaToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

/** Dialogs that ask for something, and those that hand something over once. */
import { type ReactNode, useId } from 'react';
import { t } from '../words/index.ts';
import { Button } from './Button.tsx';
import { ShownOnce } from './CopyText.tsx';
import type { IconName } from './Icon.tsx';
import { ProblemNotice } from './notices.tsx';
import styles from './overlays.module.css';
import { Dialog } from './overlays.tsx';

/**
 * Asks, and does it: by its button, or by Enter in a field. While that is under way it cannot be done twice; what is said against it
 * stands above the fields, and the dialog stays.
 */
export function FormDialog(props: {
  title: string;
  onClose: () => void;
  /** See `api/useSending.ts`. */
  form: { busy: boolean; problem: Parameters<typeof ProblemNotice>[0]['problem'] | null; submit: () => void };
  /** What the button says that does it. */
  action: string;
  icon?: IconName;
  /** The button waits until there is something to do. */
  isDisabled?: boolean;
  wide?: boolean;
  /** The button has the focus at first, so that Enter does it: for what has no field that must be filled in. */
  beginsAtAction?: boolean;
  children: ReactNode;
  /** Of the button. */
  'data-testid'?: string;
}) {
  const { form } = props;
  const id = useId();
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      {...(props.wide ? { wide: true } : {})}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button
            type="submit"
            form={id}
            tone="primary"
            isPending={form.busy}
            autoFocus={props.beginsAtAction ?? false}
            isDisabled={props.isDisabled ?? false}
            {...(props.icon ? { icon: props.icon } : {})}
            {...(props['data-testid'] ? { 'data-testid': props['data-testid'] } : {})}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <form
        id={id}
        noValidate
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        {form.problem && <ProblemNotice problem={form.problem} />}
        {props.children}
      </form>
    </Dialog>
  );
}

/** Hands over a text that cannot be asked for again. Only its own button closes it. */
export function HandedOver(props: {
  title: string;
  onClose: () => void;
  label: string;
  text: string;
  warning: string;
  /** What is said before it. */
  children?: ReactNode;
}) {
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      dismissable={false}
      actions={
        <Button tone="primary" onPress={props.onClose}>
          {t('Done')}
        </Button>
      }
    >
      {props.children}
      <ShownOnce label={props.label} text={props.text} warning={props.warning} />
    </Dialog>
  );
}

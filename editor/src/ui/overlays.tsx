/** Things that float: tooltip, popover, menu, dialog, toasts. */
import { Fragment, type ReactNode } from 'react';
import {
  Dialog as AriaDialog,
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  Popover as AriaPopover,
  UNSTABLE_Toast as AriaToast,
  Tooltip as AriaTooltip,
  DialogTrigger,
  Focusable,
  Header,
  Heading,
  MenuSection,
  MenuTrigger,
  Modal,
  ModalOverlay,
  OverlayTriggerStateContext,
  type PopoverProps,
  Separator,
  Text,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
  TooltipTrigger,
} from 'react-aria-components';
import { t } from '../words/index.ts';
import { Button, IconButton } from './Button.tsx';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './overlays.module.css';

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const keyNames: Record<string, string> = {
  Mod: mac ? '⌘' : 'Ctrl',
  Shift: mac ? '⇧' : 'Shift',
  Alt: mac ? '⌥' : 'Alt',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Backspace: '⌫',
  Delete: 'Del',
  Escape: 'Esc',
  Enter: '↵',
  Space: t('Space'),
};
const keysIn = (chord: string): string[] => chord.split(/\+(?=.)/).map((key) => keyNames[key] ?? key.toUpperCase());
/** A chord such as "Mod+Shift+K", as keys. They are drawn, and no part of the name of what they stand beside. */
export function Keys({ chord }: { chord: string }) {
  return (
    <span aria-hidden="true">
      {keysIn(chord).map((key) => (
        <kbd key={key} className={styles.kbd} data-key={key} />
      ))}
    </span>
  );
}
/** The same in words, for where the keys are what is to be told. */
export const keysText = (chord: string): string => keysIn(chord).join(' + ');

/** Around one focusable element; shown on hover and on focus. */
export function Tooltip({ text, keys, children }: { text: ReactNode; keys?: string; children: React.ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={60}>
      {children}
      <AriaTooltip offset={6} className={styles.tooltip!}>
        {text}
        {keys && <Keys chord={keys} />}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
/** A tooltip on something that is not itself a button or link. */
export function Explained({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <TooltipTrigger delay={300} closeDelay={60}>
      <Focusable>
        <span role="note">{children}</span>
      </Focusable>
      <AriaTooltip offset={6} className={styles.tooltip!}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}

export function PopoverBox({
  sameWidth,
  padded,
  ...props
}: Omit<PopoverProps, 'className' | 'children'> & { children: ReactNode; sameWidth?: boolean; padded?: boolean }) {
  return (
    <AriaPopover
      offset={4}
      {...props}
      className={cx(styles.popover, sameWidth && styles.sameWidth, padded && styles.padded)}
    />
  );
}

/** A button and what opens under it. `trigger` is a Button or IconButton. */
export function Popover(props: {
  trigger: ReactNode;
  label: string;
  children: ReactNode | ((close: () => void) => ReactNode);
  placement?: PopoverProps['placement'];
}) {
  const { children } = props;
  return (
    <DialogTrigger>
      {props.trigger}
      <PopoverBox padded {...(props.placement ? { placement: props.placement } : {})}>
        <AriaDialog aria-label={props.label} className={styles.dialog!}>
          {({ close }) => <>{typeof children === 'function' ? children(close) : children}</>}
        </AriaDialog>
      </PopoverBox>
    </DialogTrigger>
  );
}

export interface MenuEntry {
  id: string;
  text: string;
  icon?: IconName;
  keys?: string;
  tone?: 'danger';
  disabled?: boolean;
  selected?: boolean;
  href?: string;
  onAction?: () => void;
}
/** Entries in groups; a line between groups, a heading where one is given. */
export interface MenuGroup {
  heading?: string;
  entries: readonly MenuEntry[];
}
export function MenuList({ label, groups }: { label: string; groups: readonly MenuGroup[] }) {
  const pictured = groups.some((group) => group.entries.some((entry) => entry.icon));
  return (
    <AriaMenu aria-label={label} className={styles.list!}>
      {groups
        .filter((group) => group.entries.length > 0)
        .map((group, index) => (
          <Fragment key={group.entries[0]!.id}>
            {index > 0 && <Separator className={styles.separator!} />}
            <MenuSection {...(group.heading ? {} : { 'aria-label': label })}>
              {group.heading && <Header className={styles.heading!}>{group.heading}</Header>}
              {group.entries.map((entry) => (
                <AriaMenuItem
                  key={entry.id}
                  id={entry.id}
                  textValue={entry.text}
                  className={styles.item!}
                  isDisabled={entry.disabled ?? false}
                  {...(entry.tone ? { 'data-tone': entry.tone } : {})}
                  {...(entry.href ? { href: entry.href } : {})}
                  {...(entry.onAction ? { onAction: entry.onAction } : {})}
                >
                  {entry.icon ? <Icon name={entry.icon} /> : pictured && <span className={styles.itemGap} />}
                  <Text slot="label" className={styles.itemText!}>
                    {entry.text}
                  </Text>
                  {entry.selected && <Icon name="check" size={14} />}
                  {entry.keys && (
                    <span className={styles.keys}>
                      <Keys chord={entry.keys} />
                    </span>
                  )}
                </AriaMenuItem>
              ))}
            </MenuSection>
          </Fragment>
        ))}
    </AriaMenu>
  );
}
export function Menu(props: { trigger: ReactNode; label: string; groups: readonly MenuGroup[] }) {
  return (
    <MenuTrigger>
      {props.trigger}
      <PopoverBox>
        <MenuList label={props.label} groups={props.groups} />
      </PopoverBox>
    </MenuTrigger>
  );
}

/** A dialog that is open while it is rendered: `{asked && <Dialog title=… onClose=…>}`. Escape and the veil close it. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  /** `false`: only its own buttons close it. */
  dismissable?: boolean;
  role?: 'dialog' | 'alertdialog';
}) {
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(open) => !open && props.onClose()}
      isDismissable={props.dismissable ?? true}
      className={styles.veil!}
    >
      <Modal className={cx(styles.modal, props.wide && styles.wide)}>
        <AriaDialog role={props.role ?? 'dialog'} className={styles.dialog!}>
          <div className={styles.dialogHead}>
            <Heading slot="title" level={2}>
              {props.title}
            </Heading>
            <OverlayTriggerStateContext.Provider value={null}>
              <IconButton icon="close" label={t('Close')} small onPress={props.onClose} />
            </OverlayTriggerStateContext.Provider>
          </div>
          <div className={styles.dialogBody}>{props.children}</div>
          {props.actions && <div className={styles.dialogFoot}>{props.actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={props.title}
      role="alertdialog"
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button
            tone={props.danger ? 'danger' : 'primary'}
            autoFocus
            onPress={() => {
              props.onConfirm();
              props.onClose();
            }}
          >
            {props.action}
          </Button>
        </>
      }
    >
      {props.children}
    </Dialog>
  );
}

interface ToastBody {
  text: ReactNode;
  tone: 'info' | 'success' | 'failed';
  action?: { text: string; run: () => void } | undefined;
}
const queue = new ToastQueue<ToastBody>({ maxVisibleToasts: 4 });
/** A short notice in the corner; mistakes stay until they are dismissed. Returns what closes it. */
export function toast(text: ReactNode, tone: ToastBody['tone'] = 'info', action?: ToastBody['action']): () => void {
  const key = queue.add({ text, tone, action }, tone === 'failed' ? {} : { timeout: action ? 9000 : 5000 });
  return () => queue.close(key);
}
export function Toasts() {
  return (
    <ToastRegion queue={queue} className={styles.toasts!} aria-label={t('Notices')}>
      {({ toast: one }) => (
        <AriaToast toast={one} className={styles.toast!} data-tone={one.content.tone}>
          <ToastContent className={styles.toastText!}>
            <Text slot="title">{one.content.text}</Text>
          </ToastContent>
          {one.content.action && (
            <Button
              small
              tone="quiet"
              onPress={() => {
                one.content.action?.run();
                queue.close(one.key);
              }}
            >
              {one.content.action.text}
            </Button>
          )}
          <IconButton small icon="close" label={t('Dismiss')} onPress={() => queue.close(one.key)} />
        </AriaToast>
      )}
    </ToastRegion>
  );
}

/** What can be done with the row one is at, as buttons: for fingers, and for whoever does not know the keys yet. */
import { IconButton } from '../../../ui/Button.tsx';
import { Menu, type MenuEntry } from '../../../ui/overlays.tsx';
import { t } from '../../../words/index.ts';
import { type Act, actsOn, type OnRow } from './acts.ts';
import styles from './Outline.module.css';
import type { Row } from './rows.ts';

export function OutlineBar(props: {
  row: Row | undefined;
  readOnly: boolean;
  act: (what: Act) => void;
  onAll: (open: boolean) => void;
}) {
  const { row, readOnly, act } = props;
  const can = new Set<OnRow>(row ? actsOn(row, readOnly) : []);
  const entry = (id: OnRow, text: string, more: Partial<MenuEntry> = {}): MenuEntry[] =>
    can.has(id) ? [{ id, text, onAction: () => act(id), ...more }] : [];
  const wire = row?.is === 'wire';
  return (
    <div className={styles.bar} role="toolbar" aria-label={t('Edit the outline')}>
      <IconButton small icon="plus" keys="+" label={t('Add a node')} isDisabled={readOnly} onPress={() => act('add')} />
      <IconButton
        small
        icon="link"
        keys="="
        label={row?.is === 'waits' ? t('Let it wait for…') : t('Connect…')}
        isDisabled={!can.has('connect')}
        onPress={() => act('connect')}
      />
      <IconButton
        small
        icon="edit"
        keys="F2"
        label={t('Rename')}
        isDisabled={!can.has('rename')}
        onPress={() => act('rename')}
      />
      <IconButton
        small
        icon={row && row.is !== 'node' ? 'unlink' : 'trash'}
        keys="Delete"
        label={wire ? t('Disconnect') : row?.is === 'wait' ? t('No longer wait for it') : t('Delete')}
        isDisabled={!can.has('delete')}
        onPress={() => act('delete')}
      />
      <span className={styles.gap} />
      <Menu
        label={t('More of this row')}
        trigger={<IconButton small icon="more" label={t('More of this row')} />}
        groups={[
          {
            entries: [
              ...entry('up', wire ? t('Earlier') : t('Move up'), { icon: 'up', keys: 'Mod+ArrowUp' }),
              ...entry('down', wire ? t('Later') : t('Move down'), { icon: 'down', keys: 'Mod+ArrowDown' }),
              ...entry('left', t('Move to the left'), { icon: 'chevron-left', keys: 'Mod+ArrowLeft' }),
              ...entry('right', t('Move to the right'), { icon: 'chevron-right', keys: 'Mod+ArrowRight' }),
            ],
          },
          {
            entries: [
              ...entry('follow', t('To its other end'), { keys: 'Enter' }),
              ...entry('show', t('Show on the canvas'), { icon: 'pipelines' }),
            ],
          },
          {
            entries: [
              { id: 'open-all', text: t('Open everything'), keys: '*', onAction: () => props.onAll(true) },
              { id: 'close-all', text: t('Close everything'), onAction: () => props.onAll(false) },
            ],
          },
        ]}
      />
    </div>
  );
}

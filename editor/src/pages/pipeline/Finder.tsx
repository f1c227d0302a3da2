/** Ctrl+K: every action, and every node by name, found by a few letters. */
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { Dialog as AriaDialog, Modal, ModalOverlay } from 'react-aria-components';
import { keysOf } from '../../app/commands.ts';
import { iconOf } from '../../palette/icons.ts';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import overlay from '../../ui/overlays.module.css';
import { Dialog, Keys, keysText } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { commands } from './commands.ts';
import styles from './PipelinePage.module.css';
import type { PageContext } from './pageContext.ts';
import { usePage } from './pageState.ts';

interface Found {
  id: string;
  text: string;
  hint: string;
  icon: IconName;
  keys?: string | undefined;
  run: () => void;
}

export function Finder({ context }: { context: PageContext }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const close = () => usePage.setState({ palette: false });
  const all = useMemo<Found[]>(() => {
    const { drawing, canvas } = context;
    return [
      ...commands
        .filter((command) => !command.quiet && command.id !== 'palette' && (command.when?.(context) ?? true))
        .map((command) => ({
          id: command.id,
          text: command.title,
          hint: command.group,
          icon: command.icon ?? ('chevron-right' as const),
          keys: keysOf(command)[0],
          run: () => command.run(context),
        })),
      ...Object.entries(drawing.document.nodes).map(([id, node]) => ({
        id: `node ${id}`,
        text: node.name,
        hint: drawing.catalog.get(node.type)?.title ?? node.type,
        icon: iconOf(drawing.catalog.get(node.type)),
        run: () => {
          drawing.select({ nodes: new Set([id]) });
          canvas.show(id, true);
          requestAnimationFrame(() => canvas.focus(id));
        },
      })),
    ];
  }, [context]);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all
    .filter((one) => words.every((word) => `${one.text} ${one.hint}`.toLowerCase().includes(word)))
    .slice(0, 60);
  const press = (event: KeyboardEvent) => {
    const move = (to: number) => {
      setAt(to);
      list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
    };
    if (event.key === 'ArrowDown') move(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') move(Math.max(0, at - 1));
    else if (event.key === 'Enter') {
      const chosen = found[at];
      close();
      if (chosen) setTimeout(chosen.run, 30);
    } else return;
    event.preventDefault();
  };
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && close()} className={overlay.veil!} data-top="">
      <Modal className={`${overlay.modal} `} style={{ maxWidth: 580 }}>
        <AriaDialog aria-label={t('Find anything')} className={styles.finder!} data-testid="finder">
          <input
            ref={(field) => field?.focus()}
            className={styles.finderInput}
            placeholder={t('Find an action or a node')}
            aria-label={t('Find an action or a node')}
            role="combobox"
            aria-expanded
            aria-controls="found"
            aria-activedescendant={found[at] ? `found-${at}` : undefined}
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setAt(0);
            }}
            onKeyDown={press}
          />
          <div ref={list} id="found" className={styles.finderList} role="listbox" aria-label={t('Found')} tabIndex={-1}>
            {found.map((one, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
              <div
                key={one.id}
                id={`found-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === at}
                className={styles.found}
                onClick={() => {
                  close();
                  setTimeout(one.run, 30);
                }}
              >
                <Icon name={one.icon} />
                <span className={styles.foundText}>{one.text}</span>
                <small>{one.hint}</small>
                <span className={styles.foundKeys}>{one.keys && <Keys chord={one.keys} />}</span>
              </div>
            ))}
            {found.length === 0 && (
              <p className={styles.muted} style={{ padding: 12 }}>
                {t('Nothing fits.')}
              </p>
            )}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The sheet of all keys. */
export function KeySheet() {
  const groups = [...new Set(commands.map((command) => command.group))];
  return (
    <Dialog title={t('Keys')} wide onClose={() => usePage.setState({ sheet: false })}>
      <p className={styles.muted}>{t('Single letters count while the canvas has the focus.')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is longer than the screen, and there is nothing else in it to reach */}
      <section className={styles.sheet} tabIndex={0} aria-label={t('All keys')}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            {commands
              .filter((command) => command.group === group && keysOf(command).length > 0)
              .map((command) => (
                <div key={command.id} className={styles.key}>
                  <span>{command.title}</span>
                  <span className={styles.keyChords}>
                    {keysOf(command)
                      .slice(0, 2)
                      .map((chord) => (
                        <span key={chord}>
                          <Keys chord={chord} />
                          <span className="visually-hidden">{keysText(chord)}</span>
                        </span>
                      ))}
                  </span>
                </div>
              ))}
          </section>
        ))}
      </section>
    </Dialog>
  );
}

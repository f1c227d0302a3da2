/** The menu at the pointer: what can be done with the selected nodes, or with the canvas. */
import { useRef } from 'react';
import { MenuList, PopoverBox } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import type { PageContext } from './pageContext.ts';
import { usePage } from './pageState.ts';
import { menuGroups } from './TopBar.tsx';

export function ContextMenu({
  context,
  at,
}: {
  context: PageContext;
  at: { x: number; y: number; node: string | null };
}) {
  const anchor = useRef<HTMLSpanElement>(null);
  const ids = at.node
    ? [
        ['run-to', 'run-from'],
        ['rename', 'connect', 'replace'],
        ['copy', 'cut', 'duplicate'],
        ['select-upstream', 'select-downstream', 'fit-selection'],
        ...(context.drawing.selection.nodes.size > 1
          ? [
              ['align-left', 'align-centre', 'align-right', 'align-top', 'align-middle', 'align-bottom'],
              ['distribute-across', 'distribute-down'],
            ]
          : []),
        ['delete-heal', 'delete'],
      ]
    : [
        ['add', 'paste'],
        ['select-all', 'tidy', 'fit'],
        ['undo', 'redo'],
      ];
  return (
    <>
      <span ref={anchor} style={{ position: 'fixed', left: at.x, top: at.y, width: 1, height: 1 }} />
      <PopoverBox
        triggerRef={anchor}
        aria-label={t('Actions')}
        isOpen
        onOpenChange={(open) => !open && usePage.setState({ menu: null })}
        placement="bottom start"
        offset={0}
      >
        <MenuList
          label={t('Actions')}
          groups={menuGroups(context, ids).map((group) => ({
            ...group,
            entries: group.entries.map((entry) => ({
              ...entry,
              onAction: () => {
                usePage.setState({ menu: null });
                setTimeout(() => entry.onAction?.(), 40);
              },
            })),
          }))}
        />
      </PopoverBox>
    </>
  );
}

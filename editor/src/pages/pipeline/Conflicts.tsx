/** Two people changed the same field: both values side by side, and a choice for each. */
import type { Json } from '@drawloom/shared/json.ts';
import { useState } from 'react';
import { useDrawing, useDrawingObject } from '../../document/DrawingContext.tsx';
import type { Conflict } from '../../document/merge.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';

export function Conflicts() {
  const drawing = useDrawingObject();
  const conflicts = useDrawing((state) => state.conflicts);
  const nodes = useDrawing((state) => state.document.nodes);
  const [choices, setChoices] = useState<ReadonlyMap<Conflict, 'mine' | 'theirs'>>(new Map());
  if (conflicts.length === 0) return null;
  const place = ({ path }: Conflict) => {
    const [part, id, ...rest] = path;
    return part === 'nodes' && id ? [nodes[id]?.name ?? id, ...rest].join(' › ') : path.join(' › ');
  };
  return (
    <Dialog
      title={t('Somebody else changed the same place')}
      wide
      dismissable={false}
      onClose={() => drawing.resolve(choices)}
      actions={
        <Button tone="primary" onPress={() => drawing.resolve(choices)}>
          {t('Keep what is chosen')}
        </Button>
      }
    >
      <p>
        {t('Everything else was merged. Choose what stands in {n, plural, one {this field} other {these # fields}}.', {
          n: conflicts.length,
        })}
      </p>
      {conflicts.map((conflict) => {
        const chosen = choices.get(conflict) ?? 'mine';
        const choose = (side: 'mine' | 'theirs') => setChoices(new Map(choices).set(conflict, side));
        return (
          <div key={conflict.path.join('/')} className={styles.conflict}>
            <h4>{place(conflict)}</h4>
            {(['mine', 'theirs'] as const).map((side) => (
              <button
                key={side}
                type="button"
                className={styles.side}
                aria-pressed={chosen === side}
                onClick={() => choose(side)}
              >
                <b>{side === 'mine' ? t('Yours') : t('Theirs')}</b>
                <pre>{show(conflict[side])}</pre>
              </button>
            ))}
          </div>
        );
      })}
    </Dialog>
  );
}

const show = (value: Json | undefined): string =>
  value === undefined ? t('(removed)') : typeof value === 'string' ? value : JSON.stringify(value, null, 2);

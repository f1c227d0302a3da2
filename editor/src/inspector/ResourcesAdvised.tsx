/** What the attempts of a node needed so far, and one press to ask for as much as is advised. */
import type { Execution, NodeId } from '@drawloom/shared/pipeline/document.ts';
import { spellBytes, spellMs } from '@drawloom/shared/run/amounts.ts';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { Button } from '../ui/Button.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';

export function ResourcesAdvised(props: {
  id: NodeId;
  execution: Execution;
  readOnly: boolean;
  onApply: (limits: { memoryBytes?: number; timeoutMs?: number }) => void;
}) {
  const drawing = useDrawingObject();
  const { data } = useCall(routes.adviseResources, { params: { pipeline: drawing.id }, query: { node: props.id } });
  const advice = data?.nodes[0];
  if (!advice || (!advice.memory && !advice.time)) return null;
  const { memory, time, cpu } = advice;
  const limits = {
    ...(memory && { memoryBytes: memory.adviseBytes }),
    ...(time && { timeoutMs: time.adviseMs }),
  };
  const asked = Object.entries(limits).every(([name, value]) => props.execution[name as 'timeoutMs'] === value);
  return (
    <div className={formStyles.stack} data-testid="advice">
      <span className={formStyles.hint}>
        {t('{n, plural, one {One attempt} other {# attempts}} so far:', { n: advice.attempts })}{' '}
        {[
          memory && t('up to {memory} of memory', { memory: spellBytes(memory.mostBytes) }),
          time && t('up to {time}', { time: spellMs(time.mostMs) }),
          cpu && t('{cores} processors busy', { cores: cpu.p95Cores }),
        ]
          .filter(Boolean)
          .join(', ')}
        .
      </span>
      {asked ? (
        <span className={formStyles.hint}>{t('The limits are as advised.')}</span>
      ) : (
        !props.readOnly && (
          <Button small icon="check" onPress={() => props.onApply(limits)}>
            {t('Use what is advised: {limits}', {
              limits: [memory && spellBytes(memory.adviseBytes), time && spellMs(time.adviseMs)]
                .filter(Boolean)
                .join(', '),
            })}
          </Button>
        )
      )}
    </div>
  );
}

/** How attempts of a node are carried out: environment, reuse, retries and limits. None of it changes what comes out. */
import type { Execution, NodeId, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { partType } from '@drawloom/shared/pipeline/parts.ts';
import { routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { changeNode } from '../document/commands.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { Segmented } from '../ui/Button.tsx';
import { NumberField, Select, Switch } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';
import styles from './Inspector.module.css';
import { PoolForm } from './PoolForm.tsx';
import { ResourcesAdvised } from './ResourcesAdvised.tsx';
import { RetryForm } from './RetryForm.tsx';
import { TagsForm } from './TagsForm.tsx';

export function ExecutionForm({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const type = drawing.catalog.get(node.type);
  const { data: system } = useCall(routes.getSystem, {});
  const execution = node.execution ?? {};
  const change = (part: Partial<PipelineNode>) =>
    drawing.edit(
      t('Change how a node runs'),
      (draft) => changeNode(draft, id, structuredClone(part)),
      `execution ${id} ${Object.keys(part)}`,
    );
  const set = (part: { [Key in keyof Execution]?: Execution[Key] | undefined }) => {
    const next = Object.fromEntries(
      Object.entries({ ...execution, ...part }).filter(([, value]) => value !== undefined),
    ) as Execution;
    change({ execution: Object.keys(next).length > 0 ? next : undefined } as Partial<PipelineNode>);
  };
  const python = type?.language === 'python';
  return (
    <>
      <div className={formStyles.stack}>
        <Switch
          isSelected={node.reuse !== false}
          isDisabled={readOnly || type?.reusable === false}
          onChange={(on) => change({ reuse: on ? undefined : false } as Partial<PipelineNode>)}
        >
          {t('Reuse earlier work')}
        </Switch>
        <span className={formStyles.hint}>
          {type?.reusable === false
            ? t('Equal inputs may give other outputs here, so work is never reused.')
            : t('With equal code, parameters and inputs the outputs of an earlier run are taken.')}
        </span>
      </div>
      {python && (
        <Select
          label={t('Environment')}
          isDisabled={readOnly}
          options={[
            { id: '', text: t('The project’s default') },
            ...(system?.environments ?? [])
              .filter((one) => one.name !== 'default')
              .map((one) => ({ id: one.name, text: one.name, hint: one.status })),
          ]}
          value={node.environment ?? ''}
          onChange={(name) => change({ environment: name || undefined } as Partial<PipelineNode>)}
        />
      )}
      <NumberField
        label={t('Seed')}
        hint={t('For everything random in this node; empty takes the run’s own.')}
        isReadOnly={readOnly}
        whole
        minimum={0}
        maximum={2 ** 31 - 1}
        value={node.seed ?? null}
        onChange={(seed) => change({ seed: seed ?? undefined } as Partial<PipelineNode>)}
      />
      <RetryForm retry={execution.retry} readOnly={readOnly} onChange={(retry) => set({ retry })} />
      <h4 className={formStyles.groupTitle}>{t('Limits of one attempt')}</h4>
      <div className={styles.pair}>
        <NumberField
          label={t('Time')}
          unit="s"
          isReadOnly={readOnly}
          minimum={0.001}
          placeholder={t('none')}
          value={execution.timeoutMs === undefined ? null : execution.timeoutMs / 1000}
          onChange={(seconds) =>
            set({ timeoutMs: seconds === null ? undefined : Math.max(1, Math.round(seconds * 1000)) })
          }
        />
        <NumberField
          label={t('Memory')}
          unit="MiB"
          isReadOnly={readOnly}
          whole
          minimum={16}
          placeholder={t('none')}
          value={execution.memoryBytes === undefined ? null : Math.round(execution.memoryBytes / 2 ** 20)}
          onChange={(mebibytes) => set({ memoryBytes: mebibytes === null ? undefined : mebibytes * 2 ** 20 })}
        />
      </div>
      <ResourcesAdvised id={id} execution={execution} readOnly={readOnly} onApply={set} />
      <NumberField
        label={t('Wait for the start')}
        unit="s"
        hint={t('Once it could run; fails when no worker has begun it by then.')}
        isReadOnly={readOnly}
        minimum={0.001}
        placeholder={t('none')}
        value={execution.queueTimeoutMs === undefined ? null : execution.queueTimeoutMs / 1000}
        onChange={(seconds) =>
          set({ queueTimeoutMs: seconds === null ? undefined : Math.max(1, Math.round(seconds * 1000)) })
        }
      />
      {node.type !== partType && (
        <TagsForm
          key={id}
          needs={execution.needs ?? []}
          known={[...new Set((system?.workers ?? []).filter((one) => one.alive).flatMap((one) => one.tags))]}
          ever={system?.tags ?? null}
          readOnly={readOnly}
          onChange={(needs) => set({ needs })}
        />
      )}
      {node.type !== partType && (
        <PoolForm pool={execution.pool} readOnly={readOnly} onChange={(pool) => set({ pool })} />
      )}
      {type?.language === 'python' && (
        <div className={formStyles.stack}>
          <span className={formStyles.label}>{t('Process')}</span>
          <Segmented
            label={t('Process')}
            value={execution.tier ?? 'fork'}
            options={[
              { id: 'fork', text: t('Forked, at once') },
              { id: 'cold', text: t('New, from scratch') },
            ]}
            onChange={(tier) => !readOnly && set({ tier: tier === 'fork' ? undefined : tier })}
          />
        </div>
      )}
    </>
  );
}

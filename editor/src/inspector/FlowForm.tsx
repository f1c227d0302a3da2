/** When a node runs: after which nodes, under which rule over how they ended, or at the end of everything. */
import { type NodeId, type PipelineNode, parentsOf } from '@drawloom/shared/pipeline/document.ts';
import { ordinaryRule, TriggerRule } from '@drawloom/shared/run/rules.ts';
import { changeNode, waitFor } from '../document/commands.ts';
import { useDrawing, useDrawingObject } from '../document/DrawingContext.tsx';
import { reachable } from '../document/shapes.ts';
import { IconButton } from '../ui/Button.tsx';
import { Select, Switch } from '../ui/fields.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';
import styles from './Inspector.module.css';

const ruleTexts = (): Record<TriggerRule, string> => ({
  all_success: t('All did well'),
  all_failed: t('All failed'),
  all_skipped: t('All were left out'),
  all_done: t('All have ended, however'),
  one_success: t('At least one did well'),
  one_failed: t('At least one failed'),
  one_skipped: t('At least one was left out'),
  one_done: t('At least one has ended'),
  none_success: t('None did well'),
  none_failed: t('None failed'),
  none_skipped: t('None was left out'),
  none_failed_min_one_success: t('At least one did well, none failed'),
});

export function FlowForm({
  id,
  node,
  readOnly,
  onSelect,
}: {
  id: NodeId;
  node: PipelineNode;
  readOnly: boolean;
  onSelect: (node: NodeId) => void;
}) {
  const drawing = useDrawingObject();
  const document = useDrawing((state) => state.document);
  const texts = ruleTexts();
  const after = node.after ?? [];
  const parents = parentsOf(document).get(id)?.size ?? 0;
  const change = (part: Partial<PipelineNode>) =>
    drawing.edit(
      t('Change when a node runs'),
      (draft) => changeNode(draft, id, part),
      `flow ${id} ${Object.keys(part)}`,
    );
  const wait = (next: readonly NodeId[]) =>
    drawing.edit(t('Change what a node waits for'), (draft) => waitFor(draft, id, next));
  const following = reachable(document, [id], 'out');
  const choices = Object.entries(document.nodes)
    .filter(([other]) => !following.has(other) && !after.includes(other))
    .map(([other, { name }]) => ({ id: other, text: name }));
  return (
    <>
      <h4 className={formStyles.groupTitle}>{t('When it runs')}</h4>
      <div className={formStyles.stack}>
        <Switch
          isSelected={node.finally === true}
          isDisabled={readOnly}
          onChange={(on) =>
            change({
              finally: on ? true : undefined,
              ...(on && { triggerRule: undefined }),
            } as unknown as Partial<PipelineNode>)
          }
        >
          {t('At the end, whatever happened')}
        </Switch>
        <span className={formStyles.hint}>
          {t(
            'It runs once everything else has ended, also when that failed or was stopped. Stopping twice ends it too.',
          )}
        </span>
      </div>
      {!node.finally && (
        <Select
          label={t('Runs when, of the nodes before it,')}
          isDisabled={readOnly || (parents === 0 && node.triggerRule === undefined)}
          options={TriggerRule.options.map((rule) => ({ id: rule, text: texts[rule] }))}
          value={node.triggerRule ?? ordinaryRule}
          onChange={(rule) =>
            change({
              triggerRule: rule === ordinaryRule ? undefined : (rule as TriggerRule),
            } as unknown as Partial<PipelineNode>)
          }
        />
      )}
      <div className={formStyles.stack}>
        {after.length > 0 && <span className={formStyles.label}>{t('Waits also for')}</span>}
        {after.map((before) => (
          <div key={before} className={styles.wait}>
            <button type="button" className={styles.wireTo} onClick={() => onSelect(before)}>
              {document.nodes[before]?.name ?? before}
            </button>
            {!readOnly && (
              <IconButton
                small
                icon="unlink"
                label={t('Do not wait for {name}', { name: document.nodes[before]?.name ?? before })}
                onPress={() => wait(after.filter((one) => one !== before))}
              />
            )}
          </div>
        ))}
        {!readOnly && choices.length > 0 && (
          <Select
            label={after.length > 0 ? t('And for') : t('Waits also for')}
            placeholder={t('Choose a node…')}
            options={choices}
            value={null}
            onChange={(before) => wait([...after, before])}
          />
        )}
        <span className={formStyles.hint}>{t('Nothing is taken over from these; they only have to come first.')}</span>
      </div>
    </>
  );
}

/**
 * Decides how a node asks for a promotion: like a person does, as an approval that somebody else answers. It is written while the attempt
 * holds its lease, and asked by the tick that parks the node run (`approvals.sql`), so that nobody answers what nothing waits for.
 */
import { checkedAlias, checkedStage } from '../names.ts';
import { ModelProblem } from '../problem.ts';
import { preparePromotion } from '../promotions.ts';
import { modelNamed } from '../registered.ts';
import { oneVersion } from '../versions.ts';
import { actorOf, jsonAt, type ModelNode, noteDone, valueAt } from './means.ts';

export const promote: ModelNode = async (means, work) => {
  const { to, archive, text } = work.parameters as { to: string; archive: boolean; text: string };
  const alias = to.startsWith('@') ? checkedAlias(to.slice(1)) : null;
  const stage = alias === null ? checkedStage(to) : null;
  if (archive && stage !== 'Staging' && stage !== 'Production')
    throw new ModelProblem('invalid', 'Only what is in Staging or Production goes to the archive for another version.');
  const named = (await jsonAt(means, work, 'version'))[0] as { model?: unknown; version?: unknown } | null;
  if (typeof named?.model !== 'string' || !Number.isSafeInteger(named.version))
    throw new ModelProblem(
      'invalid',
      'What arrives at "version" names no version of a model. Connect what a node that registers or loads a model gives.',
    );
  const model = await modelNamed(means.sql, work.project, named.model);
  const version = await oneVersion(means.sql, work.project, named.model, named.version as number);
  if (alias === null ? version.stage === stage : version.aliases.includes(alias))
    return {
      reason: 'ok',
      outputs: [
        await valueAt(means, 'version', { model: version.model, version: version.version }),
        await valueAt(means, 'answers', []),
      ],
    };
  const actor = await actorOf(means, work, 'model.register');
  const approval = await means.fenced.write(work, (sql) =>
    preparePromotion(sql, work, model, version, { alias, stage, archive, gates: [], text, by: actor.id }),
  );
  await noteDone(means, work, actor, {
    action: 'model.register',
    object: `model ${version.model}`,
    details: { approval, model: version.model, version: version.version, ...(alias ? { alias } : { stage }) },
  });
  return { reason: 'parked', park: 'approval', outputs: [] };
};

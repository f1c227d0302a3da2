/** The route by which a promotion is asked for; it is answered as every approval is. */
import { routes } from '@drawloom/shared/api/index.ts';
import { pointer } from '@drawloom/shared/json.ts';
import { gateSentence, judgeGates } from '../models/gates.ts';
import { knownOf } from '../models/known.ts';
import { checkedAlias } from '../models/names.ts';
import { ModelProblem } from '../models/problem.ts';
import { askPromotion } from '../models/promotions.ts';
import { oneModel } from '../models/registered.ts';
import { oneVersion } from '../models/versions.ts';
import { approvalOf } from './approvals.ts';
import { invalid } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const promotionHandlers: Handler[] = [
  handle(routes.askPromotion, async ({ house, project, params, body, subject, note }) => {
    const { alias, stage = null, archive, text } = body;
    if (archive && stage !== 'Staging' && stage !== 'Production')
      throw new ModelProblem(
        'invalid',
        'Only what is in Staging or Production goes to the archive for another version.',
      );
    const model = await oneModel(house.sql, project.id, params.model);
    const version = await oneVersion(house.sql, project.id, params.model, params.version);
    const others = await Promise.all(
      model.aliases
        .filter((one) => body.gates.some(({ than }) => than === one.alias))
        .map(async (one) => ({
          ...one,
          row: await oneVersion(house.sql, project.id, params.model, one.version),
        })),
    );
    const known = await knownOf(house.sql, [version.id, ...others.map(({ row }) => row.id)]);
    const metricsOf = (id: number) => known.get(id)?.metrics ?? {};
    const gates = judgeGates(body.gates, metricsOf(version.id), (wanted) => {
      const other = others.find((one) => one.alias === wanted);
      return other && { version: other.version, metrics: metricsOf(other.row.id) };
    });
    const problems = gates.flatMap((gate, place) =>
      gate.passed
        ? []
        : [
            {
              code: 'gate_failed',
              message: gateSentence(gate),
              at: pointer('gates', place),
              severity: 'error' as const,
            },
          ],
    );
    if (problems.length > 0) throw invalid(problems);
    const id = await askPromotion(house.sql, project.id, model.id, version, {
      alias: alias === undefined ? null : checkedAlias(alias),
      stage,
      archive,
      gates,
      text,
      by: subject.personId,
    });
    note({ approval: id, model: params.model, version: params.version, ...(alias ? { alias } : { stage }) });
    house.bell.ring('drawloom_event');
    return approvalOf(house, subject, id);
  }),
];

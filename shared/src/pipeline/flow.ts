/** Decides whether the way through a pipeline holds: what a node waits for, which ends let it run, and whether it then has what it needs. */
import { pointer } from '../json.ts';
import { nameOfKind, type Port } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import { ordinaryRule, runsWithout, type TriggerRule } from '../run/rules.ts';
import type { Edge, NodeId, PipelineDocument, PipelineNode } from './document.ts';

/** The rule of a node; a finally-node goes by what it waits for having ended, whatever stands there. */
export const ruleOf = (node: PipelineNode): TriggerRule =>
  node.finally ? 'all_done' : (node.triggerRule ?? ordinaryRule);

export function checkFlow(
  document: PipelineDocument,
  inputs: readonly Port[],
  arriving: readonly Edge[],
  parents: ReadonlySet<NodeId>,
  id: NodeId,
): Problem[] {
  const node = document.nodes[id]!;
  const problems: Problem[] = [];
  const tell = (code: string, message: string, at: string, severity: Problem['severity'] = 'error') =>
    problems.push({ code, message, at, severity, node: id });
  for (const [index, before] of (node.after ?? []).entries()) {
    const at = pointer('nodes', id, 'after', index);
    if (before === id) tell('after_itself', `"${node.name}" waits for itself. Remove it from the list.`, at);
    else if (!Object.hasOwn(document.nodes, before))
      tell(
        'after_unknown',
        `"${node.name}" waits for "${before}", which is not in the pipeline. Remove it from the list.`,
        at,
      );
    else if (node.after!.indexOf(before) !== index)
      tell(
        'after_twice',
        `"${node.name}" names "${document.nodes[before]!.name}" twice among what it waits for. Remove one.`,
        at,
      );
  }
  const ruleAt = pointer('nodes', id, 'triggerRule');
  if (node.finally && node.triggerRule !== undefined && node.triggerRule !== 'all_done')
    tell(
      'finally_rule',
      `"${node.name}" runs at the end whatever happened, so it can have no rule of its own. Remove the rule, or "finally".`,
      ruleAt,
    );
  else if (!node.finally && node.triggerRule !== undefined && node.triggerRule !== ordinaryRule && parents.size === 0)
    tell(
      'rule_alone',
      `"${node.name}" has a rule about the nodes before it, and there are none. Connect one, or remove the rule.`,
      ruleAt,
      'warning',
    );
  if (!node.finally)
    for (const before of parents)
      if (document.nodes[before]!.finally)
        tell(
          'finally_followed',
          `"${node.name}" follows "${document.nodes[before]!.name}", which runs when all others have ended. Make "${node.name}" a finally-node too, or do not let it wait.`,
          pointer('nodes', id),
        );
  const rule = ruleOf(node);
  if (!runsWithout(rule, parents.size)) return problems;
  for (const port of inputs) {
    const ways = new Set(arriving.filter((edge) => edge.to.port === port.name).map((edge) => edge.from.node));
    if (port.optional || ways.size === 0) continue; // without a way in it is told as missing
    // One that did well is enough where every way leads to this port.
    const enough = port.many && (rule === 'one_success' || rule === 'none_failed_min_one_success');
    if (enough && ways.size === parents.size) continue;
    tell(
      'input_may_be_missing',
      `"${node.name}" may run without "${port.label ?? port.name}", ${nameOfKind(port.kind)} that it needs: ${
        node.finally ? 'it runs however the others ended' : `its rule is ${rule}`
      }. Make that input optional in its code, or let it run only when all before it did well.`,
      node.finally ? pointer('nodes', id, 'finally') : ruleAt,
    );
  }
  return problems;
}

/** Something must be there that the finally-nodes can come after. */
export function checkEnds(document: PipelineDocument): Problem[] {
  const nodes = Object.entries(document.nodes);
  if (nodes.length === 0 || nodes.some(([, node]) => !node.finally)) return [];
  return [
    {
      code: 'finally_only',
      message: 'Every node is to run after all others have ended. Take "finally" from those that begin.',
      at: pointer('nodes', nodes[0]![0], 'finally'),
      severity: 'error',
      node: nodes[0]![0],
    },
  ];
}

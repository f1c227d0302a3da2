/** Decides whether the code of a sensor can be asked at all: a function that needs nothing but what an ask has, and gives one answer. */
import { pointer } from '@drawloom/shared/json.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { checkPipeline, shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { askDocument, askedWith, askNode, type Sensor } from '@drawloom/shared/trigger/sensor.ts';

export function sensorProblems(sensor: Sensor, catalog: Catalog): Problem[] {
  const document = askDocument(sensor, 'Sensor');
  const node = document.nodes[askNode]!;
  const asked = { ...document, nodes: { [askNode]: { ...node, parameters: askedWith(sensor, null, []) } } };
  const shape = shapesOf(asked, catalog).get(askNode)!;
  const problem = (code: string, message: string, line?: Problem): Problem => ({
    ...line,
    code,
    message,
    at: pointer('on', 'code'),
    severity: 'error',
  });
  const unread = shape.problems.filter(({ severity }) => severity === 'error');
  if (unread.length > 0) return unread.map((one) => problem(one.code, one.message, one));
  const [input] = shape.inputs.filter(({ optional, many }) => !optional && !many);
  if (input)
    return [
      problem(
        'sensor_input',
        sensor.language === 'python'
          ? `The function takes "${input.name}" as an input, and nothing is connected to a sensor. Its fields come after a *: def look(*, cursor=None, files=[]).`
          : `The function takes "${input.name}" as an input, and nothing is connected to a sensor. Its fields come in one object: look({ cursor }: { cursor?: string }).`,
      ),
    ];
  const [output, ...more] = shape.outputs;
  if (!output || more.length > 0 || !['value', 'any', 'metrics'].includes(output.kind))
    return [
      problem(
        'sensor_output',
        'The function is to give one answer: {"cursor": …, "runs": [{"key": …, "parameters": …}]}. Let it return one dict (in TypeScript, one value).',
      ),
    ];
  return checkPipeline(asked, catalog)
    .filter(({ severity }) => severity === 'error')
    .map((one) =>
      problem(
        one.code,
        one.at.endsWith('/cursor')
          ? 'The first ask has no cursor yet, so `cursor` needs a default or may be None: cursor: str | None = None.'
          : one.message,
      ),
    );
}

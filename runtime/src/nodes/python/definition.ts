/** Decides what a Python node is: a function that the node carries, whose signature gives ports and form. */
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'python',
  version: 1,
  title: 'Python',
  summary: 'A function of your own in Python',
  description: `Runs **the last public function** of the code.

- Positional parameters are **input ports**; their annotation is the kind: \`pd.DataFrame\`, \`pl.DataFrame\`, \`Model\`, \`Metrics\`, \`Figure\`, \`Document\`, \`File\`, \`Folder\`. \`list[pd.DataFrame]\` takes several edges, \`x: pd.DataFrame | None = None\` may stay unconnected.
- Keyword-only parameters (after \`*\`) are **fields of the form**, with their type and default: \`*, rate: float = 0.1, kind: Literal["a", "b"] = "a"\`.
- The return annotation names the **outputs**: \`-> tuple[Model, Metrics]\`.

\`from drawloom import log_metric, progress, context\` logs curves and tells how far the node is. The environment is chosen on the node.`,
  category: 'code',
  icon: 'python',
  language: 'python',
  code: 'user',
  template: `import pandas as pd


def transform(table: pd.DataFrame, *, limit: int = 1000) -> pd.DataFrame:
    return table.head(limit)
`,
  reusable: true,
});

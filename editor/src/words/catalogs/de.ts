/** All of German, room by room; loaded when it is chosen. Written by `npm run words -- --arrange`. */
import access from './de/access.ts';
import approvals from './de/approvals.ts';
import artifact from './de/artifact.ts';
import common from './de/common.ts';
import compare from './de/compare.ts';
import drawing from './de/drawing.ts';
import experiments from './de/experiments.ts';
import inspector from './de/inspector.ts';
import lineage from './de/lineage.ts';
import models from './de/models.ts';
import nodePages from './de/node-pages.ts';
import nodes from './de/nodes.ts';
import pipeline from './de/pipeline.ts';
import pipelines from './de/pipelines.ts';
import run from './de/run.ts';
import runSets from './de/run-sets.ts';
import runs from './de/runs.ts';
import settings from './de/settings.ts';
import signIn from './de/sign-in.ts';
import told from './de/told.ts';
import triggers from './de/triggers.ts';

export default {
  ...access,
  ...approvals,
  ...artifact,
  ...common,
  ...compare,
  ...drawing,
  ...experiments,
  ...inspector,
  ...lineage,
  ...models,
  ...nodePages,
  ...nodes,
  ...pipeline,
  ...pipelines,
  ...run,
  ...runSets,
  ...runs,
  ...settings,
  ...signIn,
  ...told,
  ...triggers,
};

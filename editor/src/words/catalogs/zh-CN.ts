/** All of Simplified Chinese, room by room; loaded when it is chosen. Written by `npm run words -- --arrange`. */
import access from './zh-CN/access.ts';
import approvals from './zh-CN/approvals.ts';
import artifact from './zh-CN/artifact.ts';
import common from './zh-CN/common.ts';
import compare from './zh-CN/compare.ts';
import drawing from './zh-CN/drawing.ts';
import experiments from './zh-CN/experiments.ts';
import inspector from './zh-CN/inspector.ts';
import lineage from './zh-CN/lineage.ts';
import models from './zh-CN/models.ts';
import nodePages from './zh-CN/node-pages.ts';
import nodes from './zh-CN/nodes.ts';
import pipeline from './zh-CN/pipeline.ts';
import pipelines from './zh-CN/pipelines.ts';
import run from './zh-CN/run.ts';
import runSets from './zh-CN/run-sets.ts';
import runs from './zh-CN/runs.ts';
import settings from './zh-CN/settings.ts';
import signIn from './zh-CN/sign-in.ts';
import told from './zh-CN/told.ts';
import triggers from './zh-CN/triggers.ts';

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

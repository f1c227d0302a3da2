/** Decides which things that people do with the released clients are tried, and what holds when they work. */
import { expect } from 'vitest';

export interface Feature {
  /** As people say it. */
  name: string;
  scenario: string;
  args?: Record<string, unknown>;
  /** What the answer must hold, or is asked of it when it depends on the answers before. */
  holds: unknown;
}

const models = expect.objectContaining({ params: true, models: [true] });
const back = expect.objectContaining({ same: true, byRun: true, status: 'READY' });

export const mlflowFeatures: readonly Feature[] = [
  {
    name: '`set_experiment`, `start_run`, nested runs, `log_params`, `log_metric(s)`, `set_tags`, `end_run`',
    scenario: 'train',
    args: { experiment: 'compatibility' },
    holds: expect.objectContaining({ parent: true, byName: true, default: 'Default' }),
  },
  {
    name: 'numbers that are none or have no end, `get_metric_history`',
    scenario: 'numbers',
    holds: expect.objectContaining({ latest: expect.objectContaining({ odd: 'nan' }) }),
  },
  {
    name: '`log_batch`, limits, parameters that are written once',
    scenario: 'batches',
    holds: expect.objectContaining({ counts: [500, 100, 100], stray: false }),
  },
  {
    name: 'runs with every kind of fact',
    scenario: 'prepared',
    args: { experiment: 'searched' },
    holds: expect.any(String),
  },
  {
    name: '`search_runs` with filters',
    scenario: 'searched',
    args: { experiment: 'searched', filters: ['metrics.score > 1', "params.model LIKE 'T%'"] },
    holds: { 'metrics.score > 1': ['a', 'd'], "params.model LIKE 'T%'": ['b', 'd', 'f'] },
  },
  {
    name: '`search_runs` in an order, page by page',
    scenario: 'ordered',
    args: { experiment: 'searched', orders: ['metrics.score DESC'] },
    holds: { 'metrics.score DESC': ['adebcf', 3] },
  },
  {
    name: '`search_runs` as a data frame',
    scenario: 'frame',
    args: { experiment: 'searched' },
    holds: { names: ['a', 'd'], scores: [3, 2] },
  },
  {
    name: 'deleting and restoring runs and experiments',
    scenario: 'trash',
    holds: expect.objectContaining({ kept: ['treasure', 'active', 'kept'] }),
  },
  {
    name: '`log_input`, data sets, search by them',
    scenario: 'datasets',
    holds: expect.objectContaining({ rows: 2, searched: [1, 0] }),
  },
  {
    name: '`log_artifact(s)`, `log_text`, `log_dict`, `log_figure`, lists and downloads',
    scenario: 'files',
    holds: expect.objectContaining({ listed: expect.arrayContaining([['one.txt', 3]]) }),
  },
  { name: 'deleting artifacts', scenario: 'removed', holds: ['bc.txt'] },
  {
    name: 'a file of 16 MiB, up and down',
    scenario: 'large',
    args: { megabytes: 16 },
    holds: expect.objectContaining({ same: true }),
  },
  { name: 'an upload that wanted parts, done without', scenario: 'in_parts', args: { text: 'whole' }, holds: 'whole' },
  {
    name: '`log_model`, `load_model`, signature and example: scikit-learn',
    scenario: 'logged_model',
    args: { kind: 'sklearn' },
    holds: back,
  },
  {
    name: '`log_model`, `load_model`, signature and example: LightGBM',
    scenario: 'logged_model',
    args: { kind: 'lightgbm' },
    holds: back,
  },
  { name: 'autologging: scikit-learn', scenario: 'autologged', args: { kind: 'sklearn' }, holds: models },
  { name: 'autologging: LightGBM', scenario: 'autologged', args: { kind: 'lightgbm' }, holds: models },
  {
    name: '`search_logged_models`, tags, deleting',
    scenario: 'searched_models',
    args: { experiment: 'models', filters: ['', "name = 'b'"] },
    holds: expect.objectContaining({ best: 'c', pages: [2, 1] }),
  },
  {
    name: '`register_model`, aliases, stages, `copy_model_version`, loading by each name',
    scenario: 'registered',
    args: { name: 'flights' },
    holds: expect.objectContaining({
      loads: { version: true, alias: true, stage: true, latest: true, copy: true, flavor: true },
    }),
  },
  {
    name: 'the registry at its edges: numbers, renaming, mistakes, sources outside',
    scenario: 'registry_rules',
    args: { name: 'rules' },
    holds: expect.objectContaining({ numbers: ['1', '2', '3', '4'] }),
  },
  {
    name: '`search_registered_models`, `search_model_versions`, prompts hidden',
    scenario: 'searched_registry',
    args: { prefix: 'find-' },
    holds: expect.objectContaining({ like: 'abc', prompt: '-prompt' }),
  },
  {
    name: '`@mlflow.trace`, `start_span`, nested spans, errors, `get_trace`',
    scenario: 'traced',
    args: { experiment: 'asked' },
    holds: expect.objectContaining({ again: true, batch: [3, 1] }),
  },
  {
    name: '`search_traces` with filters and orders, as a data frame',
    scenario: 'searched_traces',
    args: { filters: ["trace.status = 'ERROR'"], orders: ['name DESC'] },
    holds: expect.objectContaining({ pages: [2, 1], rows: 3 }),
  },
  {
    name: '`log_feedback`, `log_expectation`, update, override, delete, search by them',
    scenario: 'assessed',
    holds: expect.objectContaining({ metadata: { b: '2' }, error: 'no judge', valid: true }),
  },
  {
    name: 'tags of traces, `link_traces_to_run`, `delete_traces`',
    scenario: 'kept_traces',
    holds: expect.objectContaining({ linked: true, byId: 1 }),
  },
];

/** What a scenario takes that only the answer of one before it knows. */
export function argsOf(feature: Feature, answers: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const traced = answers.get('traced') as { ids: string[]; number: string; run: string } | undefined;
  switch (feature.scenario) {
    case 'searched_traces':
      return { ...feature.args, number: traced?.number };
    case 'assessed':
      return { number: '0' };
    case 'kept_traces':
      return { number: traced?.number, ids: traced?.ids, run: traced?.run };
    default:
      return feature.args ?? {};
  }
}

/** Decides the addresses of the app. Pages link with these, so that a path is written once. */

export const places = {
  signIn: '/sign-in',
  pipelines: (project: string) => `/p/${project}/pipelines`,
  pipeline: (project: string, pipeline: string) => `/p/${project}/pipelines/${pipeline}`,
  versions: (project: string, pipeline: string, from: number, to?: number) =>
    `/p/${project}/pipelines/${pipeline}/compare?from=${from}${to === undefined ? '' : `&to=${to}`}`,
  runs: (project: string) => `/p/${project}/runs`,
  run: (project: string, run: number, node?: string) =>
    `/p/${project}/runs/${run}${node ? `?node=${encodeURIComponent(node)}` : ''}`,
  compareRuns: (project: string, runs: readonly number[]) => `/p/${project}/runs/compare?runs=${runs.join('-')}`,
  /** `from` is the id of what it begins at, as the API has it. */
  lineage: (project: string, from: string) => `/p/${project}/lineage?from=${encodeURIComponent(from)}`,
  runSets: (project: string) => `/p/${project}/run-sets`,
  approvals: (project: string) => `/p/${project}/approvals`,
  experiments: (project: string) => `/p/${project}/experiments`,
  models: (project: string) => `/p/${project}/models`,
  model: (project: string, model: string) => `/p/${project}/models/${encodeURIComponent(model)}`,
  modelVersion: (project: string, model: string, version: number) =>
    `/p/${project}/models/${encodeURIComponent(model)}/${version}`,
  triggers: (project: string) => `/p/${project}/triggers`,
  settings: (project: string, section = 'appearance') => `/p/${project}/settings/${section}`,
} as const;

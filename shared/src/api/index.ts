/** Every route there is, by name. The server refuses to start when one of them has no handler. */
import * as approvals from './approvals.ts';
import * as artifacts from './artifacts.ts';
import * as columns from './columns.ts';
import * as comparison from './comparison.ts';
import type { Route } from './contract.ts';
import * as experiments from './experiments.ts';
import * as lineage from './lineage.ts';
import * as loggedTraces from './loggedTraces.ts';
import * as logs from './logs.ts';
import * as models from './models.ts';
import * as notifications from './notifications.ts';
import * as people from './people.ts';
import * as pipelines from './pipelines.ts';
import * as pools from './pools.ts';
import * as retention from './retention.ts';
import * as rowChanges from './rowChanges.ts';
import * as runSets from './runSets.ts';
import * as runs from './runs.ts';
import * as system from './system.ts';
import * as timeline from './timeline.ts';
import * as triggers from './triggers.ts';

const all = {
  ...people,
  ...pipelines,
  ...runs,
  ...rowChanges,
  ...comparison,
  ...approvals,
  ...artifacts,
  ...columns,
  ...lineage,
  ...logs,
  ...system,
  ...timeline,
  ...triggers,
  ...runSets,
  ...experiments,
  ...loggedTraces,
  ...models,
  ...notifications,
  ...pools,
  ...retention,
};
type All = typeof all;
type RouteNames = {
  [Name in keyof All]: All[Name] extends { method: string; action: string } ? Name : never;
}[keyof All];

export type Routes = Pick<All, RouteNames>;
export const routes = Object.fromEntries(
  Object.entries(all).filter(([, value]) => 'method' in value && 'action' in value),
) as unknown as Routes;
export const routeList: readonly [string, Route][] = Object.entries(routes) as unknown as [string, Route][];

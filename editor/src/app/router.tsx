/** Decides which page an address shows. Every page is loaded when it is first visited. */
import type { Session } from '@drawloom/shared/api/people.ts';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { ProblemError } from '../api/call.ts';
import { lastProject, loadSession, rememberProject } from '../api/session.ts';
import { AppProblem, NotFound } from './AppProblem.tsx';
import { goBy } from './go.ts';
import { places } from './places.ts';
import { Shell } from './Shell.tsx';
import {
  CompareRunsSearch,
  ExperimentsSearch,
  LineageSearch,
  ModelsSearch,
  PipelineSearch,
  RunSearch,
  RunsSearch,
  SignInSearch,
  TriggersSearch,
  VersionsSearch,
} from './search.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: AppProblem });

/** Whoever is not signed in goes to the sign-in page and comes back. */
async function sessionOrSignIn(href: string, again = false) {
  try {
    return await loadSession(again);
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401)
      throw redirect({ to: '/sign-in', search: { next: href } });
    throw error;
  }
}

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ location }) => {
    const session = await sessionOrSignIn(location.href);
    const project = lastProject(session);
    if (project) throw redirect({ to: '/p/$project/pipelines', params: { project: project.id } });
  },
  component: lazyRouteComponent(() => import('./NoProject.tsx'), 'NoProject'),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: SignInSearch,
  component: lazyRouteComponent(() => import('../pages/sign-in/SignInPage.tsx'), 'SignInPage'),
});

const project = createRoute({
  getParentRoute: () => root,
  path: '/p/$project',
  beforeLoad: async ({ location, params }) => {
    const has = ({ projects }: Session) => projects.some((one) => one.id === params.project);
    let session = await sessionOrSignIn(location.href);
    // one that was made, or a role that was given, after this page was opened
    if (!has(session)) session = await sessionOrSignIn(location.href, true);
    if (has(session)) rememberProject(params.project);
  },
  component: Shell,
  notFoundComponent: NotFound,
});
const projectHome = createRoute({
  getParentRoute: () => project,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/pipelines', params });
  },
});
const pipelines = createRoute({
  getParentRoute: () => project,
  path: 'pipelines',
  component: lazyRouteComponent(() => import('../pages/pipelines/PipelinesPage.tsx'), 'PipelinesPage'),
});
const pipeline = createRoute({
  getParentRoute: () => project,
  path: 'pipelines/$pipeline',
  validateSearch: PipelineSearch,
  component: lazyRouteComponent(() => import('../pages/pipeline/PipelinePage.tsx'), 'PipelinePage'),
});
const versions = createRoute({
  getParentRoute: () => project,
  path: 'pipelines/$pipeline/compare',
  validateSearch: VersionsSearch,
  component: lazyRouteComponent(() => import('../pages/compare/VersionsPage.tsx'), 'VersionsPage'),
});
const runs = createRoute({
  getParentRoute: () => project,
  path: 'runs',
  validateSearch: RunsSearch,
  component: lazyRouteComponent(() => import('../pages/runs/RunsPage.tsx'), 'RunsPage'),
});
const compareRuns = createRoute({
  getParentRoute: () => project,
  path: 'runs/compare',
  validateSearch: CompareRunsSearch,
  component: lazyRouteComponent(() => import('../pages/compare/CompareRunsPage.tsx'), 'CompareRunsPage'),
});
const run = createRoute({
  getParentRoute: () => project,
  path: 'runs/$run',
  validateSearch: RunSearch,
  component: lazyRouteComponent(() => import('../pages/run/RunPage.tsx'), 'RunPage'),
});
const lineage = createRoute({
  getParentRoute: () => project,
  path: 'lineage',
  validateSearch: LineageSearch,
  component: lazyRouteComponent(() => import('../pages/lineage/LineagePage.tsx'), 'LineagePage'),
});
const experiments = createRoute({
  getParentRoute: () => project,
  path: 'experiments',
  validateSearch: ExperimentsSearch,
  component: lazyRouteComponent(() => import('../pages/experiments/ExperimentsPage.tsx'), 'ExperimentsPage'),
});
const models = createRoute({
  getParentRoute: () => project,
  path: 'models',
  validateSearch: ModelsSearch,
  component: lazyRouteComponent(() => import('../pages/models/ModelsPage.tsx'), 'ModelsPage'),
});
const model = createRoute({
  getParentRoute: () => project,
  path: 'models/$model',
  component: lazyRouteComponent(() => import('../pages/models/ModelPage.tsx'), 'ModelPage'),
});
const modelVersion = createRoute({
  getParentRoute: () => project,
  path: 'models/$model/$version',
  component: lazyRouteComponent(() => import('../pages/models/VersionPage.tsx'), 'VersionPage'),
});
const triggers = createRoute({
  getParentRoute: () => project,
  path: 'triggers',
  validateSearch: TriggersSearch,
  component: lazyRouteComponent(() => import('../pages/triggers/TriggersPage.tsx'), 'TriggersPage'),
});
const approvals = createRoute({
  getParentRoute: () => project,
  path: 'approvals',
  component: lazyRouteComponent(() => import('../pages/approvals/ApprovalsPage.tsx'), 'ApprovalsPage'),
});
const runSets = createRoute({
  getParentRoute: () => project,
  path: 'run-sets',
  component: lazyRouteComponent(() => import('../pages/run-sets/RunSetsPage.tsx'), 'RunSetsPage'),
});
const runSet = createRoute({
  getParentRoute: () => project,
  path: 'run-sets/$runSet',
  component: lazyRouteComponent(() => import('../pages/run-sets/RunSetPage.tsx'), 'RunSetPage'),
});
const settingsHome = createRoute({
  getParentRoute: () => project,
  path: 'settings',
  beforeLoad: ({ params }) => {
    throw redirect({ href: places.settings(params.project) });
  },
});
const settings = createRoute({
  getParentRoute: () => project,
  path: 'settings/$section',
  component: lazyRouteComponent(() => import('../pages/settings/SettingsPage.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    project.addChildren([
      projectHome,
      pipelines,
      pipeline,
      versions,
      runs,
      compareRuns,
      run,
      lineage,
      experiments,
      models,
      model,
      modelVersion,
      triggers,
      approvals,
      runSets,
      runSet,
      settingsHome,
      settings,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: AppProblem,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: false,
});
goBy((href, replace) => void router.navigate({ href, replace } as never));
declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
declare module 'react-aria-components' {
  interface RouterConfig {
    href: string;
    routerOptions: { replace?: boolean };
  }
}

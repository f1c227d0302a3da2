/** Decides which route of MLflow's protocol a request was for, and keeps what each route answered and to whom. */
import type { House } from '../../runtime/src/api/house.ts';
import { mlflowRoutes, prefixes } from '../../runtime/src/tracking/wire/app.ts';

export interface Route {
  method: string;
  path: string;
}

/** Who asked: the released client in a scenario, or a plain request. */
export type Asking = 'client' | 'plain';

/** What is answered by both prefixes is one row of the page. */
export interface Row {
  method: string;
  /** Below the prefix, or whole where it has none. */
  path: string;
  prefixes: string[];
}

/** Every route that the house declares, in the order in which they are tried; without those that refuse all the rest. */
export function declaredRoutes(house: House): Route[] {
  const seen = new Set<string>();
  return mlflowRoutes(house)
    .routes.filter(({ path }) => !/\/mlflow(-artifacts)?\/\*$/.test(path))
    .map(({ method, path }) => ({ method, path }))
    .filter(({ method, path }) => !seen.has(`${method} ${path}`) && seen.add(`${method} ${path}`));
}

export function rowsOf(routes: readonly Route[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { method, path } of routes) {
    const prefix = prefixes.find((one) => path.startsWith(`${one}/`)) ?? '';
    const below = path.slice(prefix.length);
    const row = rows.get(`${method} ${below}`) ?? { method, path: below, prefixes: [] };
    row.prefixes.push(prefix);
    rows.set(`${method} ${below}`, row);
  }
  return [...rows.values()];
}

/** As the router reads them: a name in the path, one with a pattern of its own, or all the rest. */
const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split('/')
      .map((part) => {
        const [, own] = /^:\w+\{(.+)\}$/.exec(part) ?? [];
        return own ? `(?:${own})` : part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll('.', '\\.');
      })
      .join('/')}$`,
  );

export class RouteBook {
  readonly routes: readonly Route[];
  readonly #patterns: { route: Route; pattern: RegExp }[];
  readonly #heard = new Map<string, number>();
  asking: Asking = 'client';

  constructor(house: House) {
    this.routes = declaredRoutes(house);
    this.#patterns = this.routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  }

  routeOf(method: string, pathname: string): Route | undefined {
    return this.#patterns.find(
      ({ route, pattern }) => (route.method === method || route.method === 'ALL') && pattern.test(pathname),
    )?.route;
  }

  /** A good answer is kept rather than a bad one: scenarios try what is refused as well. */
  hear(method: string, pathname: string, status: number): void {
    const route = this.routeOf(method, pathname);
    if (!route) return;
    const key = `${this.asking} ${route.method} ${route.path}`;
    const before = this.#heard.get(key);
    if (before === undefined || (before !== 200 && status === 200)) this.#heard.set(key, status);
  }

  heard(asking: Asking, { method, path }: Route): number | undefined {
    return this.#heard.get(`${asking} ${method} ${path}`);
  }
}

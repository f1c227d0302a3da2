/** Leads to another page from anywhere, also from outside of React. The router says how; whoever goes need not know the router. */
let navigate = (href: string, _replace: boolean): void => location.assign(href);

export const go = (href: string, replace = false): void => navigate(href, replace);
export const goBy = (how: typeof navigate): void => {
  navigate = how;
};

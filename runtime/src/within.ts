/** Decides how long something may take that has no bound of its own, such as a query to a database behind a proxy that takes calls in its stead. */

export class TooLateError extends Error {
  override name = 'TooLateError';
  readonly code = 'ETIMEDOUT';
}

/** The answer of `work`, or a TooLateError after so many milliseconds. What was begun goes on, unheard. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLateError(`no answer within ${ms} ms`)), ms);
  });
  work.catch(() => {}); // it may fail after nobody listens any more
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

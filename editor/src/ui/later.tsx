/** Decides how a part of a page comes later: when it is first shown, or before that when the page has nothing better to do. */
import { type ComponentType, lazy, Suspense, useState } from 'react';
import { Loading } from './notices.tsx';

/**
 * `bring` loads the part ahead. A part that is there shows at once; React's own `lazy` would put the placeholder in its place for a
 * third of a second at first sight all the same.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let there: ComponentType<Props> | null = null;
  const bring = async () => {
    there = await load();
    return there;
  };
  const Waiting = lazy(async () => ({ default: await bring() })) as unknown as ComponentType<Props>;
  function Later(props: Props) {
    // What it begins as it stays: to change over would mount it anew.
    const [{ Part }] = useState(() => ({ Part: there ?? Waiting }));
    return (
      <Suspense fallback={<Loading />}>
        <Part {...props} />
      </Suspense>
    );
  }
  return { Later, bring };
}

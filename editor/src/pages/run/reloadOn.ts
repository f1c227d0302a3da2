/** Asks again whenever what was shown has changed elsewhere. */
import { useEffect, useRef } from 'react';

/** Calls `reload` whenever `mark` changes, but not for the first one: that is what was asked for already. */
export function useReloadOn(mark: string, reload: () => void): void {
  const last = useRef(mark);
  useEffect(() => {
    if (last.current === mark) return;
    last.current = mark;
    reload();
  }, [mark, reload]);
}

/** Decides whether the server can be reached. While it cannot, it is asked again until it answers; everybody may watch. */
import { create } from 'zustand';

interface Line {
  online: boolean;
  /** Counts how often the line came back, so that whoever missed something asks again. */
  returns: number;
}
export const useLine = create<Line>(() => ({ online: true, returns: 0 }));

let probing: ReturnType<typeof setTimeout> | undefined;

export function reachable(): void {
  clearTimeout(probing);
  probing = undefined;
  const { online, returns } = useLine.getState();
  if (!online) useLine.setState({ online: true, returns: returns + 1 });
}

export function unreachable(): void {
  if (useLine.getState().online) useLine.setState({ online: false });
  probing ??= setTimeout(probe, 1000);
}

async function probe(): Promise<void> {
  clearTimeout(probing);
  probing = undefined;
  try {
    const response = await fetch('/api/v1/session', { credentials: 'same-origin', cache: 'no-store' });
    if (response.status < 500) return reachable();
  } catch {
    // away
  }
  if (useLine.getState().online) useLine.setState({ online: false });
  probing = setTimeout(probe, 1500);
}

if (typeof window !== 'undefined') {
  window.addEventListener('online', () => void probe());
  // a machine that has lost its network may still reach a server of its own
  window.addEventListener('offline', () => void probe());
}

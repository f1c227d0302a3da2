/** Sending what was filled in, as a form sees it: whether that was tried, whether it is under way, and what was said against it. */
import { useState } from 'react';
import { type ProblemError, problemOf } from './call.ts';

export interface Sending {
  /** It was tried once: the fields say from now on what is missing in them. */
  asked: boolean;
  busy: boolean;
  problem: ProblemError | null;
  submit: () => void;
}

/** `send` is called only while `ready`; what it throws is the problem. */
export function useSending(send: () => Promise<unknown>, ready = true): Sending {
  const [state, setState] = useState<Omit<Sending, 'submit'>>({ asked: false, busy: false, problem: null });
  const submit = async () => {
    if (state.busy) return;
    setState({ asked: true, busy: ready, problem: null });
    if (!ready) return;
    const problem = await send().then(() => null, problemOf);
    setState({ asked: problem !== null, busy: false, problem });
  };
  return { ...state, submit: () => void submit() };
}

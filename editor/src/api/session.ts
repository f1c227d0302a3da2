/** Decides who is signed in and which project is open, and what they may do there. */
import type { Action } from '@drawloom/shared/api/access.ts';
import type { Project, Session } from '@drawloom/shared/api/people.ts';
import { create } from 'zustand';
import { call, onSignedOut, routes, setCsrfToken } from './call.ts';
import { forgetAnswers } from './useCall.ts';

interface SessionStore {
  session: Session | null;
}
export const useSession = create<SessionStore>(() => ({ session: null }));

export function signedIn(session: Session): void {
  setCsrfToken(session.csrfToken);
  useSession.setState({ session });
}
/** Ends the session here, and on the server when that can be reached. */
export async function signOut(): Promise<void> {
  await call(routes.signOut).catch(() => undefined);
  signedOut();
}
export function signedOut(): void {
  setCsrfToken(null);
  forgetAnswers();
  useSession.setState({ session: null });
}
onSignedOut(signedOut);

/** The session, read once unless it is asked for `again`; throws the server's problem when nobody is signed in. */
export async function loadSession(again = false): Promise<Session> {
  const known = useSession.getState().session;
  if (known && !again) return known;
  const session = await call(routes.getSession);
  signedIn(session);
  return session;
}

const key = 'drawloom.project';
export function lastProject(session: Session): Project | undefined {
  const last = localStorage.getItem(key);
  return session.projects.find((project) => project.id === last) ?? session.projects[0];
}
export const rememberProject = (id: string): void => localStorage.setItem(key, id);

/** Whether the person may do this in the project; the server decides, this only spares a button that would be refused. */
export function useMay(project: string, action: Action): boolean {
  return useSession(
    ({ session }) => session?.projects.find((one) => one.id === project)?.actions.includes(action) ?? false,
  );
}

/** Decides what is known of whoever asks: a person, by which means, and what bounds it. */
import type { Action, Role } from '@drawloom/shared/api/access.ts';

export interface Subject {
  personId: string;
  name: string;
  email: string | null;
  admin: boolean;
  hasPassword: boolean;
  via: 'session' | 'token' | 'preset token';
  /** For a session: its row, and what a form that is not JSON must send back. */
  session?: { id: string; csrfToken: string };
  /** For a token: the one project and the actions it is bound to, whatever its person may do. */
  bounds?: { tokenId: string; projectId: string; actions: ReadonlySet<Action> };
  /** Roles by project id. */
  roles: ReadonlyMap<string, Role>;
}

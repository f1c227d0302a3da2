/** Decides who a request comes from: a cookie, a bearer token, or a token as the password of Basic, which old clients can send. */
import type { Tx } from '../db/connection.ts';
import { sameText } from './credentials.ts';
import { ensureOwner, loadPerson } from './people.ts';
import { findSession, readCookie, type SessionCookie } from './sessions.ts';
import type { Subject } from './subject.ts';
import { findToken } from './tokens.ts';

export interface Credentials {
  /** Where the server listens: the session cookie's name carries it. */
  port: number;
  /** Tokens of the operator: the one of unattended set-ups, and that of this machine's command line. */
  presetTokens: readonly string[];
}

export interface Authenticated {
  subject: Subject | null;
  /** A cookie whose time has come, with its next value, to be sent with the answer. */
  rotated: { cookie: SessionCookie; value: string } | null;
  /** A credential was sent, whether or not it was good. */
  presented: boolean;
}

/** A token in the header goes before a cookie: whoever sends one means it. */
export async function authenticate(db: Tx, headers: Headers, credentials: Credentials): Promise<Authenticated> {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const token = tokenIn(authorization);
    return { subject: token ? await byToken(db, token, credentials) : null, rotated: null, presented: true };
  }
  const sent = readCookie(headers.get('cookie'), credentials.port);
  if (!sent) return { subject: null, rotated: null, presented: false };
  const session = await findSession(db, sent.value);
  const person = session && (await loadPerson(db, session.personId));
  if (!session || !person) return { subject: null, rotated: null, presented: true };
  const { id, csrfToken } = session;
  const subject: Subject = { ...person, via: 'session', session: { id, csrfToken } };
  const rotated = session.rotatedTo ? { cookie: sent.cookie, value: session.rotatedTo } : null;
  return { subject, rotated, presented: true };
}

async function byToken(db: Tx, text: string, { presetTokens }: Credentials): Promise<Subject | null> {
  if (presetTokens.some((preset) => sameText(text, preset))) {
    const owner = await ensureOwner(db);
    const person = await loadPerson(db, owner.id);
    return person && { ...person, via: 'preset token' };
  }
  const token = await findToken(db, text);
  const person = token && (await loadPerson(db, token.personId));
  if (!token || !person) return null;
  const { id: tokenId, projectId, actions } = token;
  return { ...person, via: 'token', bounds: { tokenId, projectId, actions: new Set(actions) } };
}

function tokenIn(authorization: string): string | null {
  const [scheme = '', value = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value || null;
  if (scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1) || null;
}

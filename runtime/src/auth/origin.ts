/**
 * Decides which requests come from where they claim to. A page of somebody else's in a user's browser can send requests here, with
 * the user's cookies; what it cannot do is name our host, our origin, or a header of its own without asking first.
 */
import type { Subject } from './subject.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Bound to all addresses, any address of this machine will do: rebinding works with names, never with bare addresses. */
const anyAddress = '*';
const isAddress = (name: string) => /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/.test(name);

/** Host names without port that this server answers to. A name that merely resolves to us (DNS rebinding) is not among them. */
export function allowedHosts(host: string, others: readonly string[] = []): ReadonlySet<string> {
  const own = host === '0.0.0.0' || host === '::' ? [anyAddress] : [host.includes(':') ? `[${host}]` : host];
  return new Set([...loopbackNames, ...own, ...others].map((name) => name.toLowerCase()));
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

export function hostAllowed(header: string | null, hosts: ReadonlySet<string>): boolean {
  const found = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.exec(header ?? '');
  if (!found) return false;
  const name = found[1]!.toLowerCase();
  return hosts.has(name) || (hosts.has(anyAddress) && isAddress(name));
}

/** Why a request that changes something must be refused, or null. A token in a header is no ambient authority: it passes. */
export function crossSiteReason(headers: Headers, subject: Subject | null): string | null {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  const ambient = subject === null || subject.session !== undefined;
  if (!ambient) return null;
  if (site !== null && site !== 'same-origin' && site !== 'none') return 'It comes from another site.';
  if (origin !== null && !sameOrigin(origin, headers.get('host')))
    return `It comes from ${origin.slice(0, 200)}, not from here.`;
  if (!subject?.session) return null;
  if (origin === null && site === null) return 'It does not say which page it comes from (Origin).';
  // JSON cannot be sent across sites without asking first; everything else needs the token that only our pages can read.
  const isJson = /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '');
  if (isJson || headers.get('x-csrf-token') === subject.session.csrfToken) return null;
  return 'Send application/json, or the header X-CSRF-Token with the token of the session.';
}

function sameOrigin(origin: string, host: string | null): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && from === host?.toLowerCase();
}

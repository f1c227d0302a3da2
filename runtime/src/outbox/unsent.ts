/**
 * Decides what people are told when a message did not go: what happened, where, and what to do now; and whether another try may
 * do better. The words of the system and of libraries end here.
 */
import { AddressRefusedError } from './addresses.ts';

/** A message that did not go. Its sentence is for people; what the system said is its cause. */
export class UnsentError extends Error {
  override name = 'UnsentError';
  /** The same message will meet the same again. */
  readonly lasting: boolean;
  constructor(message: string, { lasting = false, cause }: { lasting?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.lasting = lasting;
  }
}

export const inTheClear = (host: string): UnsentError =>
  new UnsentError(
    `Messages to ${host} would go unencrypted, and do not, unless the receiver is in a network that the operator named in DRAWLOOM_INTERNAL_NETWORKS. Give an address that begins with https, or a mail server with encryption.`,
    { lasting: true },
  );

interface Place {
  host: string;
  port: number;
  timeoutMs: number;
}

/** What kept a message from going, in a sentence. */
export function unsent(cause: unknown, place: Place): UnsentError {
  if (cause instanceof UnsentError) return cause;
  if (cause instanceof AddressRefusedError) return new UnsentError(cause.message, { lasting: true, cause });
  return new UnsentError(sentence(cause, place), { cause });
}

function sentence(cause: unknown, { host, port, timeoutMs }: Place): string {
  const { code, originalCode, name, message } = cause as Error & { code?: unknown; originalCode?: string };
  const at = `${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${port}`;
  // A mail connection puts a code of its own over that of the system; a time limit has only a name.
  const what = originalCode ?? (typeof code === 'string' ? code : name);
  switch (what) {
    case 'ENOTFOUND':
    case 'EDNS':
      return `There is no machine called ${host}. Correct the name in the channel.`;
    case 'EAI_AGAIN':
      return `The name ${host} could not be looked up. Check that the machine of Drawloom can look up names, then send again.`;
    case 'ECONNREFUSED':
      return `Nothing takes messages at ${at}: the connection was refused. Check the address in the channel, and that the receiver runs.`;
    case 'ETIMEDOUT':
    case 'TimeoutError':
      return `${at} did not answer within ${timeoutMs / 1000} s. Check the address in the channel, and that the receiver is not overloaded.`;
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return `There is no way from the machine of Drawloom to ${at}. Check its network, and the address in the channel.`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNECTION':
      return `${at} ended the connection before it answered. Check that the receiver works, then send again.`;
    case 'EPROTO':
    case 'ETLS':
      return `No encrypted connection came about with ${at}. Check the port in the channel, and whether the receiver encrypts.`;
    case 'EPROTOCOL':
      return `What answers at ${at} is no mail server. Check the name and the port in the channel.`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `The certificate of ${host} is not valid at this time, so nothing was sent. Whoever runs the receiver renews it.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate that ${at} shows is for another name, so nothing was sent. Correct the name in the channel.`;
  }
  if (/CERT|ISSUER/.test(what))
    return `Nobody whom this machine trusts vouches for the certificate of ${host}, so nothing was sent. Give the receiver a certificate of a known authority, or start Drawloom with NODE_EXTRA_CA_CERTS naming yours.`;
  if (/^ERR_SSL/.test(what))
    return `No encrypted connection came about with ${at}. Check the port in the channel, and whether the receiver encrypts.`;
  if (/^HPE_/.test(what)) return `What answers at ${at} does not speak HTTP. Check the address in the channel.`;
  return `The message did not go to ${at}: ${message.replace(/\.$/, '')}. Check the channel, then send again.`;
}

export interface Refusal {
  message: string;
  lasting: boolean;
}

/** What a web receiver's status says against a message; null when it took it. */
export function webRefusal(status: number): Refusal | null {
  if (status >= 200 && status < 300) return null;
  // Refusals that the same message will meet again, other than "too early", "too many" and the like.
  const lasting = (status >= 300 && status < 500 && ![408, 409, 423, 425, 429].includes(status)) || status === 501;
  return { message: `The receiver answered ${status}${whyNot(status)}`, lasting };
}

function whyNot(status: number): string {
  if (status >= 300 && status < 400)
    return ' and points elsewhere. Messages follow no redirect: give the channel the address that it points to.';
  if (status === 401 || status === 403)
    return ': it does not let Drawloom in. Set the address or the key of the channel anew.';
  if (status === 404 || status === 410)
    return ': there is nothing at this address. Set the address of the channel anew.';
  if (status === 413) return ': the message is too long for it.';
  if (status === 429) return ': it takes no more for now.';
  if (status >= 500) return ': something is wrong on its side.';
  return ': it does not take such messages. Its answer says why.';
}

/** What a mail server's code says against a letter: 4xx is "later", 5xx "never". */
export function mailRefusal(code: number): Refusal {
  const message = [530, 534, 535, 538].includes(code)
    ? `The mail server does not take the user and the password (${code}). Set them anew in the channel.`
    : `The mail server refused the letter (${code}). Its answer says why.`;
  return { message, lasting: code >= 500 };
}

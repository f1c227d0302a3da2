/** Decides how a message goes by mail: to a server whose address was judged, encrypted before a password is said. */
import type { ChannelSettings } from '@drawloom/shared/api/notifications.ts';
import { createTransport } from 'nodemailer';
import { type Network, type Reached, reach } from './addresses.ts';
import { type Posted, textOf } from './post.ts';
import { inTheClear, mailRefusal, unsent } from './unsent.ts';

export type MailSettings = Extract<ChannelSettings, { kind: 'email' }>;

export interface Letter {
  /** Stays the same over all tries, so that a mailbox can tell that it has it already. */
  id: string;
  subject: string;
  text: string;
}

export interface MailOptions {
  internalNetworks: readonly Network[];
  timeoutMs?: number;
  /** Certificates to trust beside those of the system. */
  ca?: string;
}

/** throws  UnsentError when the server said nothing */
export async function mail(
  settings: MailSettings,
  password: string | null,
  letter: Letter,
  { internalNetworks, timeoutMs = 15_000, ca }: MailOptions,
): Promise<Posted> {
  const { host, port, encryption } = settings;
  try {
    const reached = await reach(host, internalNetworks);
    if (encryption === 'none' && !reached.internal) throw inTheClear(host);
    return await mailOver(reached, settings, password, letter, timeoutMs, ca);
  } catch (cause) {
    const { responseCode, response } = cause as { responseCode?: number; response?: string };
    if (responseCode === undefined) throw unsent(cause, { host, port, timeoutMs });
    return { status: responseCode, answer: textOf(response ?? ''), refusal: mailRefusal(responseCode) };
  }
}

async function mailOver(
  { address }: Reached,
  { host, port, encryption, user, from, to }: MailSettings,
  password: string | null,
  { id, subject, text }: Letter,
  timeoutMs: number,
  ca: string | undefined,
): Promise<Posted> {
  const transport = createTransport({
    host: address,
    port,
    secure: encryption === 'tls',
    requireTLS: encryption === 'starttls',
    ignoreTLS: encryption === 'none',
    tls: { servername: host, ...(ca !== undefined && { ca }) },
    ...(user !== null && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing in a letter of ours is to be fetched from anywhere.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({ messageId: `<${id}@drawloom>`, from, to, subject, text });
    return { status: Number.parseInt(sent.response, 10) || 250, answer: textOf(sent.response), refusal: null };
  } finally {
    transport.close();
  }
}

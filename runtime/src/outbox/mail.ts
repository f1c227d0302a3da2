/** Decides how a message goes by mail: to a server whose address was judged, encrypted before a password is said. */
import type { ChannelSettings } from '@drawloom/shared/api/notifications.ts';
import { createTransport } from 'nodemailer';
import { type Network, reach } from './addresses.ts';
import { InTheClearError, type Posted, textOf } from './post.ts';

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

/** throws  AddressRefusedError, InTheClearError, or what the server or the network says (`responseCode` when it was the server) */
export async function mail(
  settings: MailSettings,
  password: string | null,
  { id, subject, text }: Letter,
  { internalNetworks, timeoutMs = 15_000, ca }: MailOptions,
): Promise<Posted> {
  const { host, port, encryption, user, from, to } = settings;
  const { address, internal } = await reach(host, internalNetworks);
  if (encryption === 'none' && !internal) throw new InTheClearError();
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
    return { status: Number.parseInt(sent.response, 10) || 250, answer: textOf(sent.response) };
  } finally {
    transport.close();
  }
}

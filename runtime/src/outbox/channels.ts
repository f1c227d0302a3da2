/** Decides how a channel's unseen part is kept and how a message goes through each kind of channel. */
import type { ChannelSettings } from '@drawloom/shared/api/notifications.ts';
import { seal, unseal } from '../secrets/envelope.ts';
import { masterKey } from '../secrets/masterKey.ts';
import type { Network } from './addresses.ts';
import { chatText, type Message } from './compose.ts';
import type { LineageMessage } from './composeLineage.ts';
import { mail } from './mail.ts';
import { type Posted, post } from './post.ts';
import { signed } from './sign.ts';
import { UnsentError } from './unsent.ts';

export interface SealedChannel {
  id: string;
  projectId: string;
  version: number;
  envelope: string | null;
}

const placeOf = ({ id, projectId, version }: Omit<SealedChannel, 'envelope'>) => ({
  projectId,
  name: `channel ${id}`,
  version,
});

export const sealChannel = async (home: string, channel: Omit<SealedChannel, 'envelope'>, secret: string) =>
  seal(await masterKey(home), placeOf(channel), secret);

/** throws  SecretUnreadableError when the master key is not the one that it was sealed under */
async function openChannel(home: string, channel: SealedChannel): Promise<string | null> {
  return channel.envelope === null ? null : unseal(await masterKey(home), placeOf(channel), channel.envelope);
}

export interface SendOptions {
  home: string;
  internalNetworks: readonly Network[];
  timeoutMs?: number;
  /** Certificates to trust beside those of the system. */
  ca?: string;
}

/** throws  UnsentError, SecretUnreadableError; an answer is no error, whatever its status */
export async function send(
  channel: SealedChannel & { settings: ChannelSettings },
  message: Message | LineageMessage,
  options: SendOptions,
): Promise<Posted> {
  const secret = await openChannel(options.home, channel);
  const { settings } = channel;
  if ('event' in message) {
    if (settings.kind !== 'openlineage') throw new Error(`A channel of kind ${settings.kind} takes no lineage.`);
    return post(receiverOf(settings.url), bearer(secret), JSON.stringify(message.event), options);
  }
  if (settings.kind === 'openlineage') throw new Error('A channel for lineage takes no news.');
  if (settings.kind === 'email') {
    const text = [...message.lines, '', message.link].join('\n');
    return mail(settings, secret, { id: message.id, subject: message.title, text }, options);
  }
  if (settings.kind === 'chat') {
    if (secret === null) throw new UnsentError('The address of the chat is not set. Set it, then send again.');
    const text = [`*${chatText(message.title)}*`, ...message.lines.map(chatText), `<${message.link}|Open in Drawloom>`];
    return post(secret, {}, JSON.stringify({ text: text.join('\n') }), options);
  }
  if (secret === null) throw new UnsentError('The signing key is not set. Set one, then send again.');
  const body = JSON.stringify(message.payload);
  return post(settings.url, signed(secret, message.id, new Date(), body), body, options);
}

/** Receivers take events at a place of their own; who names none gets the one that the protocol's own clients use. */
function receiverOf(url: string): string {
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/api/v1/lineage';
  return address.href;
}

const bearer = (token: string | null): Record<string, string> =>
  token === null ? {} : { authorization: `Bearer ${token}` };

/**
 * The route that other programs send messages to. It is open to everybody, so nothing is done for a message before its signature fits,
 * and whoever has no key cannot tell a trigger that is there from one that is not.
 */
import { routes } from '@drawloom/shared/api/index.ts';
import type { JsonLimits } from '@drawloom/shared/json.ts';
import { eq } from 'drizzle-orm';
import { limits } from '../auth/limiter.ts';
import { triggers } from '../db/tables/triggers.ts';
import { drawSigningKey, isSigned, type Signature } from '../outbox/sign.ts';
import { databaseNow, messageParameters } from '../triggers/fitness.ts';
import { keysOf } from '../triggers/keys.ts';
import { noteMessage, receivedBefore } from '../triggers/receiving.ts';
import { jsonOf, readBytes } from './body.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

const bodyLimits: JsonLimits = { maxLength: 256 * 1024, maxDepth: 64, maxValues: 20_000 };
const bodyPatienceMs = 10_000;
/** As far may the sender's clock be from the database's, either way. */
const toleranceMs = 5 * 60_000;
/** Messages to nobody are held against this, so that they take as long. */
const nobodysKey = drawSigningKey();

export const hookHandlers: Handler[] = [
  handle(routes.receiveMessage, async ({ house, params, request, limit, note, setStatus }) => {
    const signature = signatureIn(request.headers);
    const signedAt = new Date(Number(signature.timestamp) * 1000);
    const now = await databaseNow(house.db);
    if (!(Math.abs(now.getTime() - signedAt.getTime()) <= toleranceMs))
      throw new Refusal(
        401,
        'old_signature',
        'The message was signed more than five minutes ago, or in the future. Set the clock of the sender, and sign each try anew.',
      );
    const wholeMs = house.messagePatienceMs ?? bodyPatienceMs;
    const bytes = await readBytes(request, bodyLimits.maxLength, { silenceMs: house.silenceMs, wholeMs });
    const [trigger] = await house.db.select().from(triggers).where(eq(triggers.id, params.trigger));
    const keys = trigger ? await keysOf(house.sql, house.config.home, trigger) : [];
    if (!isSigned(keys.length > 0 ? keys : [nobodysKey], signature, bytes) || !trigger || keys.length === 0)
      throw new Refusal(
        401,
        'bad_signature',
        'No trigger takes this message: the address is not that of one, or the signature was not made with its key.',
      );
    const message = { trigger: trigger.id, id: signature.id, signedAt };
    const before = await receivedBefore(house.sql, message);
    if (before === 'replay') throw replayed();
    await limit(limits.receiveMessage, trigger.id); // not before: whoever overheard a message uses up nothing with it
    if (before) {
      setStatus(200);
      note({ message: signature.id, fire: before.fire, again: true });
      return before;
    }
    if (!trigger.enabled)
      throw new Refusal(
        409,
        'trigger_off',
        'This trigger is switched off, and the message started nothing. Send it again once it is on.',
      );
    const read = await messageParameters(house.db, trigger, jsonOf(bytes, bodyLimits), now);
    if ('problems' in read) throw invalid(read.problems);
    const outcome = await noteMessage(house.sql, message, read.values);
    if (outcome === 'replay') throw replayed();
    if (!outcome) throw notThere();
    note({ message: signature.id, fire: outcome.fire });
    return outcome;
  }),
];

const replayed = () =>
  new Refusal(
    409,
    'replayed',
    'This very message was received before. To ask what came of it, sign it anew under the same id.',
  );

function signatureIn(headers: Headers): Signature {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers.get(name) ?? '',
  ) as [string, string, string];
  // Points part what is signed, so an id has none.
  if (/^[!-\-/-~]{1,200}$/.test(id) && /^\d{1,12}$/.test(timestamp) && signatures !== '')
    return { id, timestamp, signatures };
  throw new Refusal(
    400,
    'unsigned',
    'Send the headers webhook-id (up to 200 letters, digits and marks, no point), webhook-timestamp (seconds since 1970) and webhook-signature, as Standard Webhooks say.',
  );
}

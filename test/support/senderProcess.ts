/** Decides what a process is that sends messages: it sends what is due, and may be killed at it. */
import { connect } from '../../runtime/src/db/connection.ts';
import { networksIn } from '../../runtime/src/outbox/addresses.ts';
import { deliverDue } from '../../runtime/src/outbox/deliver.ts';

const [url, home] = process.argv.slice(2);
const { sql, close } = connect(url!, { max: 2, name: 'sender' });
await deliverDue(sql, {
  home: home!,
  internalNetworks: networksIn('127.0.0.0/8')!,
  origin: () => 'https://drawloom.example',
  claimMs: 1000,
});
await close();

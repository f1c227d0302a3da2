/** Decides what a worker in a process of its own is, for tests that kill one: it says when it starts a node, and never ends it. */
import { connect } from '../../runtime/src/db/connection.ts';
import { runWorker } from '../../runtime/src/queue/worker-loop.ts';

const [url, ttlMs] = process.argv.slice(2);
const { sql } = connect(url!, { max: 4 });
await runWorker({
  sql,
  capacity: 2,
  heartbeatMs: 200,
  ttlMs: Number(ttlMs),
  executor: {
    execute: (work) => {
      process.stdout.write(`started ${work.run} ${work.nodeId}\n`);
      return new Promise(() => {});
    },
  },
});

/** Decides what a process of the queue is that dies with a job in its hands: it says that it has it, and never lets go. */
import { runJobs } from '../../runtime/src/queue/jobs.ts';

await runJobs({
  url: process.argv[2]!,
  tasks: {
    hold: () => {
      process.stdout.write('holding\n');
      return new Promise(() => {});
    },
  },
});

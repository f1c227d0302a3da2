/** Decides which tests exist and how they run: everything on Node in one project, journeys through a browser in another. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const root = path.resolve(import.meta.dirname, '..');
const leftOut = ['**/node_modules/**', '**/dist/**', '**/.drawloom/**'];

export default defineConfig({
  root,
  cacheDir: path.join(root, 'node_modules/.cache/vitest'),
  test: {
    globalSetup: [path.join(root, 'test/support/postgresForTests.ts')],
    reporters: ['default', path.join(root, 'test/support/countReporter.ts')],
    pool: 'forks',
    // One second, the default, is nothing on a machine that does something else as well.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    execArgv: ['--import', path.join(root, 'runtime/bin/quickResolve.mjs')],
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['{shared,runtime,editor,test,migrations}/**/*.test.ts'],
          exclude: [...leftOut, 'test/journeys/**', 'test/faults/**'],
          // Two at least: most of these wait for a database or a process most of the time.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          // Far above what any takes: a busy machine must not look like a mistake.
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['test/journeys/**/*.test.ts'],
          exclude: leftOut,
          sequence: { groupOrder: 1 }, // after the others: a browser beside them would measure them, not us
          testTimeout: 180_000,
          hookTimeout: 240_000,
          // A journey has a server, a worker and a browser of its own; two at once on two cores only wait for each other.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: leftOut,
          sequence: { groupOrder: 2 },
          hookTimeout: 120_000,
          // Each is a house of its own with several workers; what a fault needs is that nothing else is the matter.
          fileParallelism: false,
        },
      },
    ],
  },
});

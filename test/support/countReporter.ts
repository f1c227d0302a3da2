/** Decides the last line of a test run: how many tests passed and failed, in words that a script can find. */
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    const checks = (process.env.DRAWLOOM_FAILED_CHECKS ?? '').split(', ').filter(Boolean);
    let failed = errors.length + checks.length;
    for (const module of modules) {
      // A file that does not even load has no tests to count, and must not look like success.
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        if (state === 'failed') failed++;
      }
    }
    // After the summary of the reporter before this one, which writes at the same moment.
    process.once('exit', () => {
      if (checks.length > 0) process.stdout.write(`Failed before the tests: ${checks.join(', ')}\n`);
      process.stdout.write(`${passed} passed, ${failed} failed\n`);
    });
  }
}

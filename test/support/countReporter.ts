/** Decides the last lines of a test run: which tests needed a second try, and how many passed and failed, in words that a script can find. */
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    const triedAgain: string[] = [];
    const checks = (process.env.DRAWLOOM_FAILED_CHECKS ?? '').split(', ').filter(Boolean);
    let failed = errors.length + checks.length;
    for (const module of modules) {
      // A file that does not even load has no tests to count, and must not look like success.
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, errors: mistakes } = test.result();
        if (state === 'passed') passed++;
        if (test.diagnostic()?.flaky)
          triedAgain.push(`${module.relativeModuleId} > ${test.fullName}: ${mistakes?.[0]?.message.split('\n')[0]}`);
        if (state === 'failed') failed++;
      }
    }
    // After the summary of the reporter before this one, which writes at the same moment.
    process.once('exit', () => {
      if (checks.length > 0) process.stdout.write(`Failed before the tests: ${checks.join(', ')}\n`);
      for (const name of triedAgain) process.stdout.write(`Passed only on the second try: ${name}\n`);
      process.stdout.write(`${passed} passed, ${failed} failed\n`);
    });
  }
}

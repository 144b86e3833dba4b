/**
 * Adds the counts of one Jest run to the file named by `TEST_TALLY`, a line of JSON a run, so that `.ci/run` can add up
 * however many runs there are.
 */
import { appendFileSync } from 'node:fs';

export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = results;
    const counts = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites, // a file that could not run counts as one failed test
      skipped: numPendingTests + numTodoTests,
    };
    appendFileSync(process.env.TEST_TALLY, `${JSON.stringify(counts)}\n`);
  }
}

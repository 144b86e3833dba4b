/**
 * Runs named checks one after the other, a plain line each and a summary at the end, and adds their counts to the file
 * that `TEST_TALLY` names, as Jest's runs do.
 */
import { appendFileSync } from 'node:fs';

export class Report {
  #passed = 0;
  #failed = 0;

  constructor(title) {
    this.title = title;
  }

  /** A check fails by throwing; the message is what people see. Answers whether it passed. */
  async check(name, action) {
    const start = process.hrtime.bigint();
    const seconds = () => `${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s`;
    try {
      await action();
      this.#passed++;
      console.log(`ok      ${name} (${seconds()})`);
      return true;
    } catch (error) {
      this.#failed++;
      console.log(`FAILED  ${name} (${seconds()})\n${indented(error)}`);
      return false;
    }
  }

  /** Prints the summary and sets the exit code. */
  finish() {
    console.log(`${this.title}: ${this.#passed} ok, ${this.#failed} failed`);
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1;
    count({ passed: this.#passed, failed: this.#failed, skipped: 0 });
  }
}

/** Adds counts to the file that `TEST_TALLY` names, where there is one. */
export function count(counts) {
  const tally = process.env.TEST_TALLY;
  if (tally) appendFileSync(tally, `${JSON.stringify(counts)}\n`);
}

/** What a failed child process printed says more than that it failed. */
function indented(error) {
  const printed = [error.stdout, error.stderr].map((text) => String(text ?? '').trim()).filter((text) => text !== '');
  return (printed.length > 0 ? printed.join('\n') : String(error.message ?? error)).replace(/^/gm, '        ');
}

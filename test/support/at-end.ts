/** Ends what a test opened, last opened first, so that services can give back their locks while their server still runs. */
import { afterEach } from '@jest/globals';

const steps: (() => unknown)[] = [];

/** Has something done at the end of the test. */
export function atEnd(step: () => unknown): void {
  steps.push(step);
}

afterEach(async () => {
  const errors: unknown[] = [];
  for (const step of steps.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'the end of the test failed');
});

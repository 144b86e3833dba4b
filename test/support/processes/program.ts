/**
 * Starts programs of `test/processes/programs` as processes of their own, and kills what is left of them after each test. A program
 * that complains on stderr, or ends though nobody wanted it to, fails its test: unhandled rejections end a process
 * here, and warnings of leaking listeners land on stderr.
 */
import { builtPath } from './build.mjs';
import { ChildProgram, ProgramError } from './child-program.js';

export { ProgramError } from './child-program.js';
export type { Exit } from './child-program.js';

const running = new Set<Program>();
const complaints: string[] = [];

afterEach(async () => {
  await Promise.all([...running].map((program) => program.kill()));
  expect(complaints.splice(0)).toEqual([]);
});

export class Program extends ChildProgram {
  /** Starts a program; resolves when it says that it is ready. */
  static async start(name: string, settings: object): Promise<Program> {
    const path = builtPath(`test/processes/programs/${name}.ts`);
    const program = new Program({ name, path, settings, onComplaint: (text) => complaints.push(text) });
    running.add(program);
    void program.exit.then(() => running.delete(program));
    await program.next('ready');
    return program;
  }
}

/** The code of the error that a question is answered with. */
export async function refusal(asked: Promise<unknown>): Promise<string> {
  const outcome = await asked.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof ProgramError) return outcome.error.code;
  throw new Error(`expected an error of the program, got ${JSON.stringify(outcome)}`);
}

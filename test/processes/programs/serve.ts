/** The program's end of the line to its spec, see `test/support/processes/program.ts`. */

type Methods = Record<string, (...args: never[]) => unknown>;

interface Question {
  readonly id: number;
  readonly method: string;
  readonly args: never[];
}

/** What the spec started the program with. */
export function settings<Settings>(): Settings {
  return JSON.parse(process.argv[2]!) as Settings;
}

/** Tells the spec of something. */
export function tell(event: string, data: unknown = null): void {
  if (process.connected) process.send!({ event, data });
}

/** Answers questions from now on, and says so. A program whose spec is gone ends. */
export function serve(methods: Methods): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (question: Question) => void answer(methods, question));
  tell('ready');
}

async function answer(methods: Methods, { id, method, args }: Question): Promise<void> {
  try {
    const result = await methods[method]!(...args);
    process.send!({ id, result });
  } catch (error) {
    const { code = 'NO_CODE', message } = error as { code?: string; message: string };
    process.send!({ id, error: { code, text: message } });
  }
}

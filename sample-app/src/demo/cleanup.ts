/** What the demo must undo, whether it ends well, fails or is interrupted: last started, first stopped. */
type Undo = () => Promise<void> | void;

export class Cleanup {
  private readonly stack: Undo[] = [];
  private running = false;

  /** Whether the demo is over and being undone. */
  get isRunning(): boolean {
    return this.running;
  }

  /** Registers what undoes something; call it before the first `await` after doing that. */
  async add(undo: Undo): Promise<void> {
    if (this.running) return attempt(undo);
    this.stack.push(undo);
  }

  async run(): Promise<void> {
    this.running = true;
    for (let undo = this.stack.pop(); undo; undo = this.stack.pop()) await attempt(undo);
  }
}

/** One failure must not keep the rest from being undone. */
async function attempt(undo: Undo): Promise<void> {
  try {
    await undo();
  } catch (error) {
    console.error('While cleaning up:', error);
  }
}

/** Writes entries down at once, so that they outlive whatever happens to the process next. */
import { openSync, writeSync } from 'node:fs';
import type { Entry } from './entry.js';

export class Recorder {
  private readonly file: number;
  private lastId = 0;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: Entry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  /** A number for a call or a hold. */
  newId(): number {
    return ++this.lastId;
  }
}

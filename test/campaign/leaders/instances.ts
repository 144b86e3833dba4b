/** The processes of a fleet with a leader, and which of them leads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../../support/processes/child-program.js';
import { until } from '../../support/waiting.js';
import type { Life } from '../history/entry.js';
import { readLife } from '../history/read-life.js';
import type { InstanceSettings } from './settings.js';

/** The beginning of a tenure, by the clock that all processes share. */
export interface Tenure {
  readonly at: number;
  readonly fence: number;
}

export interface Instance {
  readonly name: string;
  readonly path: string;
  readonly program: ChildProgram;
  isKilled: boolean;
}

export type CommonSettings = Omit<InstanceSettings, 'name' | 'path'>;

export class Instances implements AsyncDisposable {
  /** What processes wrote on stderr, and how they ended though nobody wanted them to. */
  readonly complaints: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'lock-leaders-'));
  private readonly started: Instance[] = [];
  /** Processes that stand still don't notice that the campaign is gone. */
  private readonly onExit = (): void => this.started.forEach(({ program }) => void program.kill());

  constructor(
    private readonly path: string,
    private readonly settings: CommonSettings,
  ) {
    process.once('exit', this.onExit);
  }

  launch(): void {
    const name = `I${this.started.length}`;
    const path = join(this.folder, `${name}.jsonl`);
    const settings: InstanceSettings = { ...this.settings, name, path };
    const onComplaint = (text: string): void => void this.complaints.push(text.trimEnd());
    const program = new ChildProgram({ name, path: this.path, settings, onComplaint });
    this.started.push({ name, path, program, isKilled: false });
  }

  /** Kills a process: what it did not finish is nobody's fault. */
  async kill(instance: Instance): Promise<void> {
    instance.isKilled = true;
    await instance.program.kill();
  }

  /** The one that leads by the newest fencing token. */
  get leader(): { readonly instance: Instance; readonly tenure: Tenure } | undefined {
    const tenures = this.started.flatMap((instance) => {
      const told = instance.program.told.filter(({ event }) => event === 'leads').at(-1);
      return told ? [{ instance, tenure: told.data as Tenure }] : [];
    });
    return tenures.sort((a, b) => a.tenure.fence - b.tenure.fence).at(-1);
  }

  /** The tenure that comes after another. */
  async next(fence: number): Promise<Tenure> {
    await until(() => (this.leader?.tenure.fence ?? 0) > fence);
    return this.leader!.tenure;
  }

  /** Ends all, and answers what they wrote. */
  async lives(): Promise<Life[]> {
    const begun = this.started.map(({ program }) => Promise.race([program.next('ready'), program.exit]));
    await Promise.all(begun);
    await Promise.all(this.started.map((instance) => this.kill(instance)));
    return this.started.map(({ name, path, isKilled }) => readLife(path, name, isKilled));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.onExit);
    await Promise.all(this.started.map((instance) => this.kill(instance)));
    rmSync(this.folder, { recursive: true });
  }
}

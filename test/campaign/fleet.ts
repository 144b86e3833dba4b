/** The processes of a round, each with a network of its own between it and the server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../support/processes/child-program.js';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import type { Life } from './history/entry.js';
import { readLife } from './history/read-life.js';
import type { Random } from '../support/random.js';
import type { Flaw, Role, WorkerSettings } from './worker/settings.js';

export interface FleetOptions {
  /** The server's URL. */
  readonly url: string;
  /** The path of the compiled worker. */
  readonly program: string;
  readonly prefix: string;
  readonly workers: number;
  readonly callers: number;
  readonly longLeases: number;
  readonly hot: readonly string[];
  readonly cold: readonly string[];
  readonly mischief: boolean;
  /** The flaws of the workers, in turn; none: the library. */
  readonly flaws: readonly Flaw[];
  readonly random: Random;
}

interface Started {
  readonly name: string;
  readonly path: string;
  readonly program: ChildProgram;
  isKilled: boolean;
}

/** One place in the fleet, and the process that has it now. */
export interface Berth {
  readonly proxy: TcpProxy;
  current: Started;
}

const ROLES: readonly Role[] = ['mortal', 'restless', 'steady', 'steady'];
/** A worker that runs out of memory shall do so without the machine. */
const FLAGS = ['--max-old-space-size=192'];

export class Fleet {
  readonly berths: Berth[] = [];
  /** What processes wrote on stderr, and how they ended though nobody wanted them to. */
  readonly complaints: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'lock-campaign-'));
  private readonly started: Started[] = [];
  /** Processes that stand still don't notice that the campaign is gone. */
  private readonly onExit = (): void => this.started.forEach(({ program }) => void program.kill());

  private constructor(private readonly options: FleetOptions) {
    process.once('exit', this.onExit);
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    const places = Array.from({ length: options.workers }, (_, i) => i);
    const proxies = await Promise.all(places.map(() => TcpProxy.start(options.url)));
    fleet.berths.push(...places.map((i) => ({ proxy: proxies[i]!, current: fleet.launch(i, proxies[i]!) })));
    await Promise.all(fleet.programs.map(begin));
    return fleet;
  }

  get programs(): ChildProgram[] {
    return this.berths.map(({ current }) => current.program);
  }

  get hasKilled(): boolean {
    return this.started.some(({ isKilled }) => isKilled);
  }

  /** Kills a process: what it did not finish is nobody's fault. */
  async kill(berth: Berth): Promise<void> {
    berth.current.isKilled = true;
    await berth.current.program.kill();
  }

  /** Puts another process in the place of one that was killed. */
  async replace(place: number): Promise<void> {
    const berth = this.berths[place]!;
    berth.current = this.launch(place, berth.proxy);
    await begin(berth.current.program);
  }

  /** What everybody wrote. */
  lives(): Life[] {
    return this.started.map(({ name, path, isKilled }) => readLife(path, name, isKilled));
  }

  /** Ends what is left. The histories stay where `keep` says so. */
  async end(keep: boolean): Promise<void> {
    process.off('exit', this.onExit);
    await Promise.all(this.started.map(({ program }) => program.kill()));
    await Promise.all(this.berths.map(({ proxy }) => proxy.stop()));
    if (!keep) rmSync(this.folder, { recursive: true });
  }

  private launch(place: number, proxy: TcpProxy): Started {
    const { random, flaws, url: _, program: path, workers: __, ...common } = this.options;
    const name = `${String.fromCharCode(65 + place)}${this.started.length}`;
    const settings: WorkerSettings = {
      ...common,
      name,
      path: join(this.folder, `${name}.jsonl`),
      url: proxy.url,
      seed: random.between(0, 2 ** 30) * 4 + (place % 4),
      role: ROLES[place % ROLES.length]!,
      flaw: flaws[place % flaws.length] ?? null,
    };
    const onComplaint = (text: string): void => void this.complaints.push(text.trimEnd());
    const program = new ChildProgram({ name, path, settings, flags: FLAGS, onComplaint });
    const started = { name, path: settings.path, program, isKilled: false };
    this.started.push(started);
    return started;
  }
}

/** Lets a process begin as soon as it can; one that can't ends, which is told elsewhere. */
async function begin(program: ChildProgram): Promise<void> {
  await Promise.race([program.next('ready'), program.exit]);
  await program.ask('begin').catch(() => undefined);
}

/** Who processes are, remembered for a while, so that a list of keys does not ask for the same few again and again. */
import { hostname } from 'node:os';
import type { ProcessInfo } from '../lock.operations.js';
import type { ProcessView } from './wire.js';

/** For how long an answer is good, in milliseconds: one that says who it is, one that says nothing, and none at all. */
const [KNOWN, UNKNOWN, FAILED] = [60_000, 2_000, 5_000];
/** How many are asked for at a time. */
const AT_A_TIME = 64;
/** How many are remembered. */
const MOST = 10_000;

export class ProcessDirectory {
  private readonly answers = new Map<string, { readonly info: ProcessInfo | undefined; readonly until: number }>();
  private readonly wanted = new Set<string>();

  constructor(private readonly now: () => number) {}

  /** Wants to know who it is. */
  want(id: string): void {
    const known = this.answers.get(id);
    if (!known || known.until <= this.now()) this.wanted.add(id);
  }

  /** The next to be looked up; empty when there is none. */
  next(): string[] {
    const ids = [...this.wanted].slice(0, AT_A_TIME);
    for (const id of ids) this.wanted.delete(id);
    return ids;
  }

  get isWanting(): boolean {
    return this.wanted.size > 0;
  }

  learn(found: ReadonlyMap<string, ProcessInfo | undefined>): void {
    if (this.answers.size > MOST) this.answers.clear();
    for (const [id, info] of found) this.answers.set(id, { info, until: this.now() + (info ? KNOWN : UNKNOWN) });
  }

  /** They could not be looked up; what was known of them counts on for a while. */
  failed(ids: readonly string[]): void {
    for (const id of ids) this.answers.set(id, { info: this.find(id), until: this.now() + FAILED });
  }

  find(id: string): ProcessInfo | undefined {
    return this.answers.get(id)?.info;
  }

  clear(): void {
    this.answers.clear();
    this.wanted.clear();
  }
}

/** What viewers see of a process. Not its id, with which every token of it begins. */
export function processView(info: ProcessInfo | null | undefined): ProcessView | null {
  if (!info) return null;
  const { host, pid, name, version, instance } = info;
  return { host, pid, name, version, instance, isServer: pid === process.pid && host === hostname() };
}

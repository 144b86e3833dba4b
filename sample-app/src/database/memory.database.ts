/** The database in memory, shared by all applications of this process, for when there is no Redis. */
import { setImmediate } from 'node:timers/promises';
import { Database } from './database.js';

interface Fenced {
  readonly value: string;
  readonly fencingToken: number;
}

const values = new Map<string, string>();
const lists = new Map<string, string[]>();
const records = new Map<string, Fenced>();

export class MemoryDatabase extends Database {
  constructor(private readonly prefix: string) {
    super();
  }

  override async read(name: string): Promise<string | null> {
    await setImmediate();
    return values.get(this.key(name)) ?? null;
  }

  override async write(name: string, value: string): Promise<void> {
    await setImmediate();
    values.set(this.key(name), value);
  }

  override async append(list: string, value: string): Promise<void> {
    await setImmediate();
    lists.set(this.key(list), [...(lists.get(this.key(list)) ?? []), value]);
  }

  override async list(list: string): Promise<string[]> {
    await setImmediate();
    return lists.get(this.key(list)) ?? [];
  }

  override async remove(...names: string[]): Promise<void> {
    await setImmediate();
    for (const name of names) for (const kind of [values, lists, records]) kind.delete(this.key(name));
  }

  override async writeFenced(name: string, value: string, fencingToken: number): Promise<boolean> {
    await setImmediate();
    if (fencingToken < (records.get(this.key(name))?.fencingToken ?? 0)) return false;
    records.set(this.key(name), { value, fencingToken });
    return true;
  }

  override async readFenced(name: string): Promise<string | null> {
    await setImmediate();
    return records.get(this.key(name))?.value ?? null;
  }

  private key(name: string): string {
    return `${this.prefix}:${name}`;
  }
}

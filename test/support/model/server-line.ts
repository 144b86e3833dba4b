/**
 * The line of each key as the server forms it when nothing goes wrong: who came first is let in first, and nobody is
 * passed by more sections than those ahead, and those that hold the key, may have.
 */
import type {
  AcquireRequest,
  Grant,
  ReleaseAnswer,
  ReleaseRequest,
  StoreAnswer,
  TouchRequest,
} from '../../../lib/stores/lock-store.js';
import type { ServerLog } from './connection.js';

interface Waiting {
  readonly token: string;
  /** How many sections may come before its own, and how many have. */
  readonly allowed: number;
  passed: number;
}

export class ServerLine implements ServerLog {
  private readonly lines = new Map<string, Waiting[]>();
  private readonly holders = new Map<string, Set<string>>();
  /** Who was let in while another was ahead, which may have come in by the same request. */
  private readonly overtaken: { readonly key: string; readonly token: string; readonly ahead: Waiting }[] = [];

  constructor(
    private readonly sectionsPerLease: number,
    private readonly fault: (text: string) => void,
  ) {}

  answered({ key, token }: AcquireRequest | TouchRequest, { state }: StoreAnswer): void {
    if (state === 'waiting') this.join(key, token);
    if (state === 'held') this.admit(key, token);
  }

  leaving({ key, token }: ReleaseRequest): void {
    this.holdersOf(key).delete(token);
    const line = this.line(key);
    const index = line.findIndex((each) => each.token === token);
    if (index >= 0) line.splice(index, 1);
  }

  released({ key, successor }: ReleaseRequest, answer: ReleaseAnswer): void {
    if (successor) this.answered({ key, ...successor }, answer.successor!);
  }

  done(): void {
    for (const { key, token, ahead } of this.overtaken.splice(0)) {
      if (this.line(key).includes(ahead)) this.fault(`${token} was admitted before ${ahead.token}`);
    }
  }

  granted({ token }: Grant): void {
    // Only told that its conversion may be granted.
    if ([...this.holders.values()].some((tokens) => tokens.has(token))) return;
    const key = [...this.lines].find(([, line]) => line.some((each) => each.token === token))?.[0];
    if (key === undefined) this.fault(`${token} was admitted without having waited`);
    else this.admit(key, token);
  }

  /** A caller has begun its section under a lease. */
  began(key: string, token: string): void {
    for (const waiting of this.line(key)) {
      if (waiting.token === token) continue;
      waiting.passed += 1;
      if (waiting.passed > waiting.allowed) this.fault(`${waiting.token} was passed by ${waiting.passed} sections`);
    }
  }

  private join(key: string, token: string): void {
    const line = this.line(key);
    if (line.some((each) => each.token === token)) return;
    const ahead = line.length + Math.max(1, this.holdersOf(key).size);
    line.push({ token, allowed: ahead * this.sectionsPerLease, passed: 0 });
  }

  private admit(key: string, token: string): void {
    const holders = this.holdersOf(key);
    if (holders.has(token)) return;
    holders.add(token);
    const line = this.line(key);
    const index = line.findIndex((each) => each.token === token);
    for (const ahead of index < 0 ? line : line.slice(0, index)) this.overtaken.push({ key, token, ahead });
    if (index >= 0) line.splice(index, 1);
  }

  private holdersOf(key: string): Set<string> {
    return entry(this.holders, key, () => new Set());
  }

  private line(key: string): Waiting[] {
    return entry(this.lines, key, () => []);
  }
}

function entry<Value>(map: Map<string, Value>, key: string, fresh: () => Value): Value {
  const value = map.get(key) ?? fresh();
  map.set(key, value);
  return value;
}

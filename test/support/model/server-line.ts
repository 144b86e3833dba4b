/**
 * The line of each key as the server forms it when nothing goes wrong: who came first is let in first, and nobody is
 * passed by more sections than those ahead may have.
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
  private readonly holders = new Map<string, string>();

  constructor(
    private readonly sectionsPerLease: number,
    private readonly fault: (text: string) => void,
  ) {}

  answered({ key, token }: AcquireRequest | TouchRequest, { state }: StoreAnswer): void {
    if (state === 'waiting') this.join(key, token);
    if (state === 'held') this.admit(key, token);
  }

  released({ key, token, successor }: ReleaseRequest, answer: ReleaseAnswer): void {
    if (this.holders.get(key) === token) this.holders.delete(key);
    const line = this.line(key);
    const index = line.findIndex((each) => each.token === token);
    if (index >= 0) line.splice(index, 1);
    if (successor) this.answered({ key, ...successor }, answer.successor!);
  }

  /** Comes before the answer of the request that it follows from. */
  granted({ token }: Grant): void {
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
    line.push({ token, allowed: (line.length + 1) * this.sectionsPerLease, passed: 0 });
  }

  private admit(key: string, token: string): void {
    if (this.holders.get(key) === token) return;
    this.holders.set(key, token);
    const line = this.line(key);
    if (line.length > 0 && line[0]!.token !== token) this.fault(`${token} was admitted before ${line[0]!.token}`);
    if (line[0]?.token === token) line.shift();
  }

  private line(key: string): Waiting[] {
    if (!this.lines.has(key)) this.lines.set(key, []);
    return this.lines.get(key)!;
  }
}

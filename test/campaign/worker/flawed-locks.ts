/**
 * Locks of a control, with the face of the library as far as its callers use it: `SET NX PX` without renewal, and one
 * flaw on purpose that the judge must find. With the flaw `none` they are as good as such locks can be.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { NEVER } from 'rxjs';
import type { AcquireOptions, Lock } from '../../../lib/index.js';
import { flawedName } from '../looks.js';
import type { Flaw } from './settings.js';

type Options = Pick<AcquireOptions, 'signal'> & { ttl: number; wait: number };

const RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])";
/** Less than Redis keeps the key, by the clock and by timers. */
const MARGIN_MS = 20;

export class FlawedLocks {
  readonly events$ = NEVER;

  constructor(
    private readonly client: Redis,
    private readonly prefix: string,
    private readonly flaw: Flaw,
  ) {}

  current(): never {
    throw codeError('LOCK_NOT_HELD');
  }

  async acquire(key: string, { ttl, wait, signal }: Options): Promise<Lock> {
    if (this.flaw === 'stuck' && Math.random() < 0.05) await new Promise(() => undefined);
    const [name, token] = [flawedName(this.prefix, key), randomUUID()];
    for (const end = performance.now() + wait; ; await pause(5)) {
      if (signal?.aborted) {
        if (this.flaw === 'litters') await this.client.set(name, token, 'PX', 60_000);
        throw signal.reason;
      }
      const sent = performance.now();
      if (await this.client.set(name, token, 'PX', ttl, 'NX')) {
        const lock = await this.lock(key, token, ttl, sent);
        if (lock.isHeld || this.flaw === 'tardy') return lock;
        await lock.release();
      }
      if (performance.now() > end) throw codeError('LOCK_TIMEOUT');
    }
  }

  async withLock<Result>(key: string, options: Options, section: (lock: Lock) => Promise<Result>): Promise<Result> {
    const lock = await this.acquire(key, options);
    let wasHeld = false;
    const release = async (): Promise<void> => void (wasHeld = await lock.release());
    const result = await section(lock).finally(release);
    if (!wasHeld) throw codeError('LOCK_LOST');
    return result;
  }

  private async lock(key: string, token: string, ttl: number, sent: number): Promise<Lock> {
    const next = await this.client.incr(`${this.prefix}-fence:${key}`);
    const fencingToken = this.flaw === 'forges' ? Math.floor(Math.random() * next) : next;
    await this.client.expire(`${this.prefix}-fence:${key}`, 600);
    const deadline = sent + ttl - MARGIN_MS;
    const abort = new AbortController();
    const isSilent = this.flaw === 'silent' || this.flaw === 'believes';
    const timer = isSilent
      ? undefined
      : setTimeout(() => abort.abort(codeError('LOCK_LOST')), deadline - performance.now());
    const isHeld = (): boolean => this.flaw === 'believes' || performance.now() < deadline;
    const release = async (): Promise<boolean> => {
      clearTimeout(timer);
      await this.client.eval(RELEASE, 1, flawedName(this.prefix, key), token);
      return isHeld();
    };
    if (this.flaw === 'tardy') await pause(ttl + 200);
    return {
      key,
      keys: [key],
      token,
      fencingToken,
      fencingTokens: new Map([[key, fencingToken]]),
      ttl,
      signal: abort.signal,
      acquiredAt: new Date(),
      expiresAt: new Date(Date.now() + deadline - performance.now()),
      get isHeld() {
        return isHeld();
      },
      renew: () => Promise.resolve(),
      release,
      [Symbol.asyncDispose]: async () => void (await release()),
    };
  }
}

/** What a flawed process does to itself. */
export function harm(flaw: Flaw): void {
  if (flaw === 'clings') setInterval(() => undefined, 1_000);
  if (flaw === 'dies') setTimeout(() => void Promise.reject(new Error('nobody handles this')), 1_000);
}

function codeError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

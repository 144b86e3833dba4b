/**
 * Locks of a control, with the face of the library as far as its callers use it: one script with the rule of admission,
 * without queue and renewal, and one flaw on purpose that the judge must find. With the flaw `none` they are as good as such locks can be.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { NEVER } from 'rxjs';
import type { AcquireOptions, Lock } from '../../../lib/index.js';
import { flawedName } from '../looks.js';
import type { Flaw } from './settings.js';

type Options = Pick<AcquireOptions, 'signal' | 'mode' | 'concurrency' | 'weight'> & { ttl: number; wait: number };

// Members of the set say who holds, with which limit and weight; scores are the ends of their leases.
// KEYS: holders, fencing tokens. ARGV: token, limit, weight, ttl, how many more are let in than may, whether a reader
// does not care for writers.
const ACQUIRE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local weight, limit = tonumber(ARGV[3]), tonumber(ARGV[2])
for _, holder in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local _, theirs, own = string.match(holder, '^(%S+) (%S+) (%S+)$')
  if ARGV[6] == '0' or theirs ~= '1' then
    weight, limit = weight + tonumber(own), math.min(limit, tonumber(theirs))
  end
end
if weight > limit + tonumber(ARGV[5]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('EXPIRE', KEYS[2], 600)
return redis.call('INCR', KEYS[2])
`;
/** Less than Redis keeps the key, by the clock and by timers. */
const MARGIN_MS = 20;

interface Granted {
  readonly key: string;
  readonly token: string;
  /** As it stands among the holders. */
  readonly holder: string;
  readonly ttl: number;
  readonly sent: number;
  /** The next fencing token. */
  readonly next: number;
  readonly limit: number | 'inf';
}

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

  async acquire(key: string, options: Options): Promise<Lock> {
    const { ttl, wait, signal, mode = 'write' } = options;
    if (this.flaw === 'stuck' && Math.random() < 0.05) await new Promise(() => undefined);
    const [name, token] = [flawedName(this.prefix, key), randomUUID()];
    for (const end = performance.now() + wait; ; await pause(5)) {
      if (signal?.aborted) {
        if (this.flaw === 'litters') await this.client.zadd(name, Date.now() + 60_000, `${token} 1 1`);
        throw signal.reason;
      }
      const sent = performance.now();
      const { limit, weight } = shareOf(options);
      const flaws = [this.flaw === 'crowds' ? 1 : 0, this.flaw === 'mixes' && mode === 'read' ? 1 : 0];
      const names = [name, `${this.prefix}-fence:${key}`];
      const next = Number(await this.client.eval(ACQUIRE, 2, ...names, token, limit, weight, ttl, ...flaws));
      if (next > 0) {
        const holder = `${token} ${limit} ${weight}`;
        const lock = await this.lock({ key, token, holder, ttl, sent, next, limit });
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

  private async lock({ key, token, holder, ttl, sent, next, limit }: Granted): Promise<Lock> {
    const fencingToken = this.flaw === 'forges' ? Math.floor(Math.random() * next) : next;
    const deadline = sent + ttl - MARGIN_MS;
    const abort = new AbortController();
    const isSilent = this.flaw === 'silent' || this.flaw === 'believes';
    const timer = isSilent
      ? undefined
      : setTimeout(() => abort.abort(codeError('LOCK_LOST')), deadline - performance.now());
    const isHeld = (): boolean => this.flaw === 'believes' || performance.now() < deadline;
    const release = async (): Promise<boolean> => {
      clearTimeout(timer);
      await this.client.zrem(flawedName(this.prefix, key), holder);
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
      waitedMs: 0,
      expiresAt: new Date(Date.now() + deadline - performance.now()),
      get isHeld() {
        return isHeld();
      },
      mode: limit === 1 ? 'write' : limit === 'inf' ? 'read' : 'permit',
      renew: () => Promise.resolve(),
      upgrade: refused,
      downgrade: refused,
      detach: refused,
      release,
      [Symbol.asyncDispose]: async () => void (await release()),
    };
  }
}

function shareOf({ mode, concurrency, weight = 1 }: Options): { limit: number | 'inf'; weight: number } {
  return { limit: concurrency ?? (mode === 'read' ? 'inf' : 1), weight };
}

/** The campaign asks no flawed lock for it. */
function refused(): Promise<never> {
  return Promise.reject(new Error('A flawed lock has no shares.'));
}

/** What a flawed process does to itself. */
export function harm(flaw: Flaw): void {
  if (flaw === 'clings') setInterval(() => undefined, 1_000);
  if (flaw === 'dies') setTimeout(() => void Promise.reject(new Error('nobody handles this')), 1_000);
}

function codeError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Looks at the Redis keys of a lock, and takes away what is none. */
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { HolderState, KeyState, StoreTiming } from '../lock-store.js';
import { recordName } from './redis-keys.js';
import { script } from './redis-requests.js';
import type { RedisRequests, Script } from './redis-requests.js';
import { inspectScript, readKeyPiece } from './scripts/inspect.js';
import { repairScript } from './scripts/repair.js';

export class RedisKeyReader {
  private readonly look: Script;
  private readonly mend = script(repairScript());

  constructor(
    private readonly requests: RedisRequests,
    timing: StoreTiming,
    private readonly prefix: string,
  ) {
    this.look = script(inspectScript(timing));
  }

  /** Reads a long queue, and many holders, piece by piece. A token that moves meanwhile is shown once. */
  async inspect(key: string): Promise<KeyState> {
    const holders = new Map<string, HolderState>();
    const waiting = new Set<string>();
    let first: KeyState | undefined;
    for (let next: readonly [string, string] | undefined = ['0', '0']; next;) {
      const words = [recordName(this.prefix, key), ...next];
      const reply = await this.requests.run({ script: this.look, keyCount: 1, words });
      const piece = readKeyPiece(key, next[0], reply);
      if (!piece) throw new LockUnavailableError(messages.oddReply(reply), { key });
      first ??= piece.state;
      for (const holder of piece.state.holders) holders.set(holder.token, holder);
      for (const token of piece.state.waiting) waiting.add(token);
      next = piece.next;
    }
    const inOrder = [...holders.values()].sort((a, b) => a.fencingToken - b.fencingToken);
    return { ...first!, holders: inOrder, waiting: [...waiting] };
  }

  /** Answers whether there was anything to take away. */
  async repair(key: string): Promise<boolean> {
    const words = [recordName(this.prefix, key)];
    const reply = await this.requests.run({ script: this.mend, keyCount: 1, words });
    if (typeof reply !== 'number' && typeof reply !== 'string') {
      throw new LockUnavailableError(messages.oddReply(reply), { key });
    }
    return Number(reply) > 0;
  }
}

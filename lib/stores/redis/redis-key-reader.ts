/** Looks at the Redis keys of a lock, and takes away what is none. */
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { KeyState, StoreTiming } from '../lock-store.js';
import { recordName } from './redis-keys.js';
import { script } from './redis-requests.js';
import type { RedisRequests, Script } from './redis-requests.js';
import { inspectScript, PIECE, readKeyPiece } from './scripts/inspect.js';
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

  /** Reads a long queue piece by piece. A token that moves meanwhile is shown once. */
  async inspect(key: string): Promise<KeyState> {
    let whole: KeyState | undefined;
    for (let from = 0; ; from += PIECE) {
      const words = [recordName(this.prefix, key), String(from)];
      const reply = await this.requests.run({ script: this.look, keyCount: 1, words });
      const piece = readKeyPiece(key, reply);
      if (!piece) throw new LockUnavailableError(messages.oddReply(reply), { key });
      whole = whole ? { ...whole, waiting: [...whole.waiting, ...piece.state.waiting] } : piece.state;
      if (piece.looked < PIECE) return from === 0 ? whole : { ...whole, waiting: [...new Set(whole.waiting)] };
    }
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

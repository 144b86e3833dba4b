/**
 * What processes tell of themselves and to each other: a record that says who a process is, under a name beside those of the
 * locks, and texts over the channels on which processes hear of their grants.
 */
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import { CHANNEL_PREFIX } from './grant-channel.js';
import { writeText } from './grant-message.js';
import { script } from './redis-requests.js';
import type { RedisRequests, Script } from './redis-requests.js';
import { DESCRIBE_SCRIPT, INTRODUCE_SCRIPT } from './scripts/processes.js';

/** So many names are read by one call. */
const PIECE = 64;
const introduction = script(INTRODUCE_SCRIPT);
const description = script(DESCRIBE_SCRIPT);

export class RedisProcesses {
  /**
   * @param say - publishes as scripts publish grants.
   * @param apart - whether each name has to travel by itself.
   * @param isCluster - whether the number of receivers says nothing.
   */
  constructor(
    private readonly requests: RedisRequests,
    private readonly say: Script,
    private readonly prefix: string,
    private readonly apart: boolean,
    private readonly isCluster: boolean,
  ) {}

  async introduce(processId: string, text: string, life: number): Promise<void> {
    await this.requests.run({ script: introduction, keyCount: 1, words: [this.nameOf(processId), text, String(life)] });
  }

  async describe(processIds: readonly string[]): Promise<(string | undefined)[]> {
    const size = this.apart ? 1 : PIECE;
    const pieces: Promise<(string | undefined)[]>[] = [];
    for (let i = 0; i < processIds.length; i += size) pieces.push(this.read(processIds.slice(i, i + size)));
    return (await Promise.all(pieces)).flat();
  }

  /**
   * @param near - names whose server publishes it; without any, some server does. In a cluster each of them can, and one that
   * hangs would be chosen as well as the others.
   */
  async tell(processId: string, text: string, near: readonly string[]): Promise<boolean> {
    const words = [...near, CHANNEL_PREFIX + processId, writeText(text)];
    const heard = await this.requests.run({ script: this.say, keyCount: near.length, words });
    return this.isCluster || Number(heard) > 0;
  }

  private async read(processIds: readonly string[]): Promise<(string | undefined)[]> {
    const words = processIds.map((id) => this.nameOf(id));
    const reply = await this.requests.run({ script: description, keyCount: words.length, words });
    if (!Array.isArray(reply) || reply.length !== words.length) {
      throw new LockUnavailableError(messages.oddReply(reply));
    }
    return reply.map((text: unknown) => (typeof text === 'string' && text !== '' ? text : undefined));
  }

  /** No record of a lock is called so: behind its prefix comes a brace. */
  private nameOf(processId: string): string {
    return `${this.prefix}:process:${processId}`;
  }
}

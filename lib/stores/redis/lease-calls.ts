/** Sends requests to the lease script, in as few calls as their size and the slots of a cluster allow. */
import { LockUnavailableError } from '../../lock.errors.js';
import { messages } from '../../lock.messages.js';
import type { StoreTiming } from '../lock-store.js';
import { GroupCommit } from './group-commit.js';
import type { Recipient } from './group-commit.js';
import { script } from './redis-requests.js';
import type { RedisRequests, Script, ScriptCall } from './redis-requests.js';
import { leaseArguments, leaseReplies, leaseScript } from './scripts/lease-script.js';
import type { LeaseEntry } from './scripts/lease-script.js';

/** A request on its way, and the recipient of its reply. */
interface Entry extends LeaseEntry, Recipient {}

/** Larger calls would hold up the server's other clients; smaller ones would cost more of them. */
const LONGEST_LIST = 64;
const GROUP = 16;

export class LeaseCalls {
  /** Longer lists travel in pieces. */
  private readonly longestList: number;
  private readonly commit: GroupCommit<Entry>;
  private readonly script: Script;

  /** @param apart - whether each key has to travel by itself. */
  constructor(
    private readonly requests: RedisRequests,
    timing: StoreTiming,
    apart: boolean,
  ) {
    this.longestList = apart ? 1 : LONGEST_LIST;
    this.commit = new GroupCommit((group) => requests.send(this.call(group.entries), group), apart ? 1 : GROUP);
    this.script = script(leaseScript(timing));
  }

  /** An empty list costs nothing, proves the connection and leaves the script in the server's cache. */
  async ping(): Promise<void> {
    const reply = await this.requests.run({ script: this.script, keyCount: 0, words: [''] });
    if (!Array.isArray(reply) || reply.length > 0) throw new LockUnavailableError(messages.oddReply(reply));
  }

  /** A single request travels with those of other callers, a list by itself; nearly all are single ones. */
  ask<Request, Answer>(
    requests: readonly Request[],
    write: (request: Request) => LeaseEntry,
    read: (reply: unknown, request: Request) => Answer,
  ): Promise<Answer[]> {
    if (requests.length === 1) {
      const request = requests[0]!;
      return new Promise((resolve, fail) => {
        const { record, words } = write(request);
        const succeed = (reply: unknown): void => resolve([read(reply, request)]);
        this.commit.add({ record, words, succeed, fail });
      });
    }
    this.commit.flush();
    const replies = this.sendLists(requests.map(write));
    return replies.then((each) => each.map((reply, i) => read(reply, requests[i]!)));
  }

  /** A list in as many calls as it takes. Of several calls each may fail alone: the error is the reply to its entries. */
  async sendLists(entries: readonly LeaseEntry[], mayRepeat?: () => boolean): Promise<readonly unknown[]> {
    const { longestList } = this;
    if (entries.length <= longestList) {
      return leaseReplies(await this.requests.run(this.call(entries, mayRepeat)), entries.length);
    }
    const lists: Promise<readonly unknown[]>[] = [];
    for (let i = 0; i < entries.length; i += longestList) {
      const list = entries.slice(i, i + longestList);
      lists.push(this.sendLists(list, mayRepeat).catch((error: unknown) => list.map(() => error)));
    }
    return (await Promise.all(lists)).flat();
  }

  /** As {@link sendLists}, for a list that must not be cut, by another script; `words` is a second argument for it. */
  async sendWhole(script: Script, entries: readonly LeaseEntry[], words: string): Promise<unknown> {
    this.commit.flush();
    return this.requests.run({ script, keyCount: entries.length, words: [...leaseArguments(entries), words] });
  }

  /** Releases that are told to the processes that had the leases, by the script that releases and tells. */
  async sendTelling(
    script: Script,
    entry: LeaseEntry,
    told: readonly [channel: string, text: string],
  ): Promise<unknown> {
    this.commit.flush();
    return this.requests.run({ script, keyCount: 1, words: [...leaseArguments([entry]), ...told] });
  }

  private call(entries: readonly LeaseEntry[], mayRepeat?: () => boolean): ScriptCall {
    return { script: this.script, keyCount: entries.length, words: leaseArguments(entries), mayRepeat };
  }
}

/**
 * The board behind its routes: who looks, at what, and when each is told. The reader runs while there are viewers, and
 * nothing is sent, timed or listened to without one.
 */
import { hostname } from 'node:os';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { readKey } from '../core/key-requests.js';
import { isLockError } from '../lock.errors.js';
import type { LockService } from '../lock.service.js';
import { BoardReader } from './board.reader.js';
import type { EventStream } from './event-stream.js';
import type { ListQuery } from './key-table.js';
import type { KeyWatch } from './key-watch.js';
import type { HelloView, ReleaseResult } from './wire.js';

/** How often it is looked whether there is news, and how often a list is sent at most, in milliseconds. */
const [LOOK, LIST_EVERY] = [200, 900];
const PING_EVERY = 10_000;
/** A stream ends after that long; the page asks for another, and the guards are asked again. */
const STREAM_LIFE = 300_000;
const MOST_VIEWERS = 100;

/** What a viewer looks at: a key, or a page of the list. */
export type ViewQuery = { readonly key: string } | ListQuery;

interface Viewer {
  readonly stream: EventStream;
  readonly list: ListQuery | undefined;
  readonly watch: KeyWatch | undefined;
  readonly since: number;
  sentVersion: number;
  sentProblem: string | null | undefined;
  sentAt: number;
}

export class LockBoard implements BeforeApplicationShutdown {
  private readonly viewers = new Set<Viewer>();
  private readonly reader: BoardReader;
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(
    private readonly locks: LockService,
    private readonly instance: string,
    readonly isReadOnly: boolean,
  ) {
    this.reader = new BoardReader(locks, () => this.shown());
  }

  /** Whether another viewer can be served. */
  get hasRoom(): boolean {
    return !this.isClosing && this.viewers.size < MOST_VIEWERS;
  }

  /** Why no lock can have such a key; `undefined` where one can. */
  problemOfKey(key: string): string | undefined {
    try {
      readKey(key, 'the board', this.locks.maxKeyBytes);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** A viewer has come. `open` gets what is to be called when it has gone. */
  add(query: ViewQuery, open: (onClose: () => void) => EventStream): void {
    const stream = open(() => this.remove(viewer));
    const isOfKey = 'key' in query;
    const watch = isOfKey ? this.reader.watch(query.key) : undefined;
    if (!isOfKey) this.reader.watchList(1);
    const list = isOfKey ? undefined : query;
    const since = this.reader.now();
    const viewer: Viewer = { stream, list, watch, since, sentVersion: -1, sentProblem: undefined, sentAt: -Infinity };
    this.viewers.add(viewer);
    stream.send('hello', this.hello());
    this.tell(viewer);
    this.timer ??= setInterval(() => this.tellAll(), LOOK);
  }

  /** Takes a key from its holders. Never rejects. */
  async forceRelease(key: string, reason: string, by: string | undefined): Promise<ReleaseResult> {
    try {
      const isDone = await this.locks.forceRelease(key, { reason, by });
      this.reader.hurry(key);
      return { isDone, problem: null };
    } catch (error) {
      return { isDone: false, problem: isLockError(error) ? error.message : 'It failed.' };
    }
  }

  /** A stream that is open would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    for (const { stream } of this.viewers) stream.end();
  }

  private hello(): HelloView {
    return { instance: this.instance, server: `${hostname()}:${process.pid}`, isReadOnly: this.isReadOnly };
  }

  private remove(viewer: Viewer): void {
    if (!this.viewers.delete(viewer)) return;
    if (viewer.watch) this.reader.unwatch(viewer.watch);
    else this.reader.watchList(-1);
    if (this.viewers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tellAll(): void {
    for (const viewer of this.viewers) {
      if (this.reader.now() - viewer.since > STREAM_LIFE) viewer.stream.end();
      else this.tell(viewer);
    }
  }

  private tell(viewer: Viewer): void {
    const { stream, list, watch } = viewer;
    const { problem, table } = this.reader;
    if (!stream.isReady) return;
    const now = this.reader.now();
    if (problem !== viewer.sentProblem) {
      viewer.sentProblem = problem;
      stream.send('status', { problem });
    }
    const { version } = watch ?? table;
    if (version !== viewer.sentVersion && (watch !== undefined || now - viewer.sentAt >= LIST_EVERY)) {
      viewer.sentVersion = version;
      viewer.sentAt = now;
      if (watch) stream.send('key', watch.view());
      else stream.send('list', table.view(list!));
    } else if (now - viewer.sentAt >= PING_EVERY) {
      viewer.sentAt = now;
      stream.ping();
    }
  }

  private *shown(): Generator<string> {
    for (const { list } of this.viewers) if (list) yield* this.reader.table.keysOn(list);
  }
}

/**
 * Tells users what happened: `LockService.events$`, and `lock.signal` of what was lost. Listeners may do anything
 * (ask for the next lock, abort a wait, close the module, throw), so none of them runs in the middle of something:
 * what there is to tell is put in a list, in order, and told when the running code is done, outside of every
 * caller's async context.
 */
import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { Outside } from './context/outside.js';
import { GuardedStream, reportListenerError } from './guarded-stream.js';
import type { ErrorLog } from './guarded-stream.js';
import type { LockEvent } from '../lock.events.js';
import { messages } from '../lock.messages.js';

/** An event as it is reported; the emitter knows of which instance it is. */
type Told = LockEvent extends infer Event ? (Event extends LockEvent ? Omit<Event, 'instance'> : never) : never;

/** What has listeners of its own, or something left to do when the running code is done. */
interface Announcer {
  announce(): void;
}

/**
 * How often listeners are called in one turn of the event loop: those that cause events by their answers to events must
 * not take it from all other code.
 */
const TELLINGS_A_TURN = 1_000;
/** How many keys are remembered for which a warning was given. */
const MOST_WARNINGS = 1_000;

/** Taken when the module is loaded, so that a test's fake clock can't hold events back. */
const soon = setImmediate;

export class LockEventEmitter {
  /** Where listeners are called. */
  readonly outside = new Outside();
  private readonly subject = new Subject<LockEvent>();
  readonly stream$: Observable<LockEvent>;
  /** This emitter while anything listens, otherwise undefined: `audience?.next({…})` then builds no event. */
  audience: this | undefined;
  private untold: (Told | Announcer)[] = [];
  private isPlanned = false;
  private isTelling = false;
  private tellings = 0;
  private readonly warned = new Set<string>();

  /**
   * @param log - where errors of listeners are written down.
   * @param instance - name of the module's instance.
   */
  constructor(
    readonly log: ErrorLog,
    readonly instance = 'default',
  ) {
    this.stream$ = new GuardedStream(log, (subscriber) => {
      // A subscriber hears of what happens from here on.
      this.flush();
      this.audience = this;
      this.subject.subscribe(subscriber);
      return () => {
        if (!this.subject.observed) this.audience = undefined;
      };
    });
  }

  /** Tells soon, in order. */
  next(item: Told | Announcer): void {
    this.untold.push(item);
    this.plan();
  }

  /** Warns, once for each key, of a re-entry that outlives the section it was entered from. */
  warnOfOutlived(key: string, token: string, label: string): void {
    if (!this.audience || this.warned.has(key) || this.warned.size >= MOST_WARNINGS) return;
    this.warned.add(key);
    this.next({
      type: 'warning',
      code: 'reentry-outlived-section',
      key,
      token,
      label,
      message: messages.outlived(key),
    });
  }

  /** Tells now; for code that has nothing left to do. */
  flush(): void {
    if (this.untold.length > 0 && !this.isTelling) this.outside.run(this.tell);
  }

  complete(): void {
    this.flush();
    this.outside.run(() => this.subject.complete());
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    // A promise and not queueMicrotask, which fake clocks replace.
    if (this.tellings < TELLINGS_A_TURN) void Promise.resolve().then(this.onTurn);
    else soon(this.onTurn);
  }

  private readonly onTurn = (): void => {
    this.isPlanned = false;
    if (this.tellings++ === 0) soon(this.onNextTurn);
    this.flush();
  };

  private readonly onNextTurn = (): void => {
    this.tellings = 0;
  };

  private readonly tell = (): void => {
    const { instance, untold: items } = this;
    this.untold = [];
    this.isTelling = true;
    for (const item of items) {
      try {
        if ('announce' in item) item.announce();
        else this.subject.next({ ...item, instance } as LockEvent);
      } catch (error) {
        reportListenerError(error, this.log);
      }
    }
    this.isTelling = false;
    if (this.untold.length > 0) this.plan();
  };
}

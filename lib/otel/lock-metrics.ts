/**
 * How long callers wait, how long they hold, how many do either at the moment, what is lost, and how the store answers.
 * What was counted up is remembered with its attributes until it is counted down, whether by its end, because nobody
 * listens any more, or because another provider counts from now on: a gauge that drifts is worse than none.
 */
import { metrics } from '@opentelemetry/api';
import type { Attributes, MeterProvider } from '@opentelemetry/api';
import { LOCK_CHANNELS } from '../lock.channels.js';
import type { LockAcquireMessage, LockHoldMessage, LockStoreMessage } from '../lock.channels.js';
import * as attribute from './attributes.js';
import { createInstruments } from './instruments.js';
import type { Instruments } from './instruments.js';
import { listen } from './listen.js';

interface Counted {
  readonly by: 'held' | 'waiters';
  readonly attributes: Attributes;
}

/** Metrics, while it is enabled. */
export class LockMetrics {
  /** What counters stand at more than zero for, by the message of the operation. */
  private readonly counted = new Map<object, Counted>();
  /** When requests to the store began, by `performance.now()`. */
  private asked = new WeakMap<object, number>();
  private stops: (() => void)[] = [];
  /** The provider that was given; without one it is the global one, whenever that comes. */
  private given: MeterProvider | undefined;
  private current: { readonly provider: MeterProvider; readonly instruments: Instruments } | undefined;

  constructor(
    private readonly name: string,
    private readonly version: string,
  ) {}

  enable(): void {
    if (this.stops.length > 0) return;
    this.stops = [
      listen<LockAcquireMessage>(LOCK_CHANNELS.acquire, {
        start: (message) => this.countUp(message, { by: 'waiters', attributes: attribute.nameAttributes(message) }),
        asyncEnd: (message) => this.endAcquire(message),
      }),
      listen<LockHoldMessage>(LOCK_CHANNELS.hold, {
        start: (message) => this.countUp(message, { by: 'held', attributes: attribute.nameAttributes(message) }),
        asyncEnd: (message) => this.endHold(message),
      }),
      listen<LockStoreMessage>(LOCK_CHANNELS.store, {
        start: (message) => void this.asked.set(message, performance.now()),
        asyncEnd: (message) => this.endStore(message),
      }),
    ];
  }

  disable(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.addAll(-1);
    this.counted.clear();
    this.asked = new WeakMap();
  }

  /** Measures with another provider from now on. */
  setMeterProvider(provider: MeterProvider): void {
    this.given = provider;
    this.instruments();
  }

  /** Those of the present provider. What is counted up at the moment moves with it. */
  private instruments(): Instruments {
    // Tracers of the API follow a global provider that is set later; its meters don't.
    const provider = this.given ?? metrics.getMeterProvider();
    if (this.current?.provider === provider) return this.current.instruments;
    this.addAll(-1);
    const instruments = createInstruments(provider.getMeter(this.name, this.version));
    this.current = { provider, instruments };
    this.addAll(1);
    return instruments;
  }

  private addAll(change: 1 | -1): void {
    for (const { by, attributes } of this.counted.values()) this.current?.instruments[by].add(change, attributes);
  }

  private countUp(message: object, counted: Counted): void {
    this.instruments()[counted.by].add(1, counted.attributes);
    this.counted.set(message, counted);
  }

  /** What began before anybody listened was not counted, so it must not be counted down. */
  private countDown(message: object): void {
    const counted = this.counted.get(message);
    if (counted === undefined) return;
    // First, because a new provider takes over what is counted.
    const instruments = this.instruments();
    this.counted.delete(message);
    instruments[counted.by].add(-1, counted.attributes);
  }

  private endAcquire(message: LockAcquireMessage): void {
    this.countDown(message);
    const { outcome, how, waitedMs } = message;
    if (outcome === undefined || waitedMs === undefined) return;
    this.instruments().waitDuration.record(waitedMs / 1_000, {
      ...attribute.nameAttributes(message),
      [attribute.OUTCOME]: outcome,
      ...(how !== undefined && { [attribute.HOW]: how }),
    });
  }

  private endHold(message: LockHoldMessage): void {
    this.countDown(message);
    const { end, heldMs, error } = message;
    const attributes = attribute.nameAttributes(message);
    if (end !== undefined && heldMs !== undefined) {
      this.instruments().holdDuration.record(heldMs / 1_000, { ...attributes, [attribute.END]: end });
    }
    if (end === 'lost' || end === 'forced') {
      this.instruments().lost.add(1, { ...attributes, [attribute.ERROR_TYPE]: attribute.errorType(error) });
    }
  }

  private endStore(message: LockStoreMessage): void {
    const askedAt = this.asked.get(message);
    if (askedAt === undefined) return;
    this.asked.delete(message);
    const { instance, operation, error } = message;
    this.instruments().storeDuration.record((performance.now() - askedAt) / 1_000, {
      [attribute.INSTANCE]: instance,
      [attribute.OPERATION]: operation,
      ...(error !== undefined && { [attribute.ERROR_TYPE]: attribute.errorType(error) }),
    });
  }
}

/**
 * A span for the way to a lock, and one for the time it is held. Both are children of what the caller was doing; what runs
 * with the lock is a child of the second one, so that a trace is nested as the code is, and shows at a glance what a
 * request waited for and what it did meanwhile.
 */
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import { LOCK_CHANNELS } from '../lock.channels.js';
import type { LockAcquireMessage, LockHoldMessage } from '../lock.channels.js';
import * as attribute from './attributes.js';
import { listen } from './listen.js';

/** That a lock is taken is an answer, like "not found"; these are the outcomes in which the lock service has failed. */
const FAILURES: ReadonlySet<unknown> = new Set<LockAcquireMessage['outcome']>(['unavailable', 'error']);

/** Spans, while it is enabled. */
export class LockSpans {
  /** Spans that have begun and not ended, by the message of their operation. */
  private readonly open = new Map<object, Span>();
  private stops: (() => void)[] = [];

  constructor(
    /** Where spans come from. */
    public tracer: Tracer,
    /** Whether spans name the keys. */
    public hasKeys: boolean,
  ) {}

  enable(): void {
    if (this.stops.length > 0) return;
    this.stops = [
      listen<LockAcquireMessage>(LOCK_CHANNELS.acquire, {
        start: (message) => this.begin('acquire', message),
        asyncEnd: (message) => this.endAcquire(message),
      }),
      listen<LockHoldMessage>(LOCK_CHANNELS.hold, {
        start: (message) => this.beginHold(message),
        asyncEnd: (message) => this.endHold(message),
      }),
    ];
  }

  /** Spans that are open are ended: their end would not be heard of any more, and a span without an end is never exported. */
  disable(): void {
    for (const stop of this.stops.splice(0)) stop();
    for (const span of this.open.values()) span.end();
    this.open.clear();
  }

  private begin(kind: string, message: LockAcquireMessage | LockHoldMessage, more?: Attributes): Span {
    const { label, instance, mode, keys } = message;
    const attributes: Attributes = {
      ...(label !== '' && { [attribute.NAME]: label }),
      [attribute.INSTANCE]: instance,
      [attribute.MODE]: mode,
      ...(this.hasKeys && { [attribute.KEYS]: [...keys] }),
      ...more,
    };
    const name = label === '' ? kind : `${kind} ${label}`;
    const span = this.tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes });
    this.open.set(message, span);
    return span;
  }

  private beginHold(message: LockHoldMessage): void {
    const span = this.begin('hold', message, { [attribute.FENCING_TOKEN]: message.fencingToken });
    message.wrap((section) => context.with(trace.setSpan(context.active(), span), section));
  }

  private endAcquire(message: LockAcquireMessage): void {
    const { outcome, how, error } = message;
    this.end(message, { [attribute.OUTCOME]: outcome, [attribute.HOW]: how }, FAILURES.has(outcome), error);
  }

  private endHold(message: LockHoldMessage): void {
    this.end(message, { [attribute.END]: message.end }, message.error !== undefined, message.error);
  }

  /** Ends the span of an operation, unless that began before anybody listened. */
  private end(message: object, attributes: Attributes, hasFailed: boolean, error: unknown): void {
    const span = this.open.get(message);
    if (span === undefined) return;
    this.open.delete(message);
    span.setAttributes(attributes);
    if (hasFailed) {
      span.setAttribute(attribute.ERROR_TYPE, attribute.errorType(error));
      // A message names keys.
      const says = this.hasKeys && error instanceof Error ? { message: error.message } : {};
      span.setStatus({ code: SpanStatusCode.ERROR, ...says });
    }
    span.end();
  }
}

/**
 * The instruments of the metrics, in the shape of `db.client.connection.*`: a lock is to its callers what a pool with one
 * connection is. Names and units are part of what the library promises; dashboards and alerts are built on them.
 */
import type { Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';

/** What there is to measure. */
export interface Instruments {
  readonly waitDuration: Histogram;
  readonly holdDuration: Histogram;
  readonly held: UpDownCounter;
  readonly waiters: UpDownCounter;
  readonly lost: Counter;
  readonly storeDuration: Histogram;
}

/** Seconds. A lock that nobody wants takes a fraction of a millisecond, and a caller seldom waits longer than ten seconds. */
const WAITS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A section may be a job that takes minutes. */
const HOLDS = [...WAITS, 30, 60, 300, 900];

/** Makes the instruments of a meter. */
export function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries } });
  return {
    waitDuration: seconds(
      'distributed_lock.wait.duration',
      'Time between asking for a lock and having it, or giving up.',
      WAITS,
    ),
    holdDuration: seconds('distributed_lock.hold.duration', 'Time for which a lock was held.', HOLDS),
    held: meter.createUpDownCounter('distributed_lock.held', {
      description: 'Locks that are held by this process.',
      unit: '{lock}',
    }),
    waiters: meter.createUpDownCounter('distributed_lock.waiters', {
      description: 'Callers of this process that have asked for a lock and have no answer yet.',
      unit: '{caller}',
    }),
    lost: meter.createCounter('distributed_lock.lost', {
      description: 'Locks whose lease ended while they were held.',
      unit: '{lock}',
    }),
    storeDuration: seconds(
      'distributed_lock.store.operation.duration',
      'Time that a request to the store took.',
      WAITS,
    ),
  };
}

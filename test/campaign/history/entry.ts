/**
 * What a worker writes down, in its own order. Times are those of `clock.ts`. Where something is looked at, `t` was read
 * before and `t1` behind it: what was seen was so at some moment between the two.
 */
export type Entry =
  /** A call begins. It must get its lock or fail within `limit` ms; `null` when only a cancellation ends it. */
  | {
      readonly e: 'ask';
      readonly t: number;
      readonly call: number;
      readonly what: string;
      readonly limit: number | null;
    }
  /** The call's signal was aborted. */
  | { readonly e: 'cancel'; readonly t: number; readonly call: number }
  | Begin
  | { readonly e: 'look'; readonly t: number; readonly t1: number; readonly hold: number; readonly held: boolean }
  /** The lock's signal aborted. */
  | { readonly e: 'told'; readonly t: number; readonly hold: number }
  /** The holder gives back; the call that does so must settle within `limit` ms. */
  | {
      readonly e: 'end';
      readonly t: number;
      readonly hold: number;
      readonly call: number;
      readonly limit: number;
    }
  | { readonly e: 'settle'; readonly t: number; readonly call: number; readonly outcome: string }
  | Pulse
  /** The worker itself saw what must not be. */
  | { readonly e: 'wrong'; readonly t: number; readonly rule: 'context' | 'outcome'; readonly text: string };

/** How a key is shared: with how much weight in all (null: any), and how much of that is its own. */
export type WrittenShare = readonly [limit: number | null, weight: number];

/** A caller has its lock. */
export interface Begin {
  readonly e: 'begin';
  readonly t: number;
  readonly t1: number;
  readonly call: number;
  readonly hold: number;
  /** Of the first key. */
  readonly token: string;
  readonly fences: readonly (readonly [key: string, fence: number])[];
  /** By the index of the fencing token; without it no key is shared. */
  readonly shares?: readonly WrittenShare[];
  /** Whether it goes on with the fencing tokens of a hold before: a downgrade, or a lock that was adopted. */
  readonly continues?: boolean;
  readonly ttl: number;
  readonly held: boolean;
  /** When the lease ends or ended at the latest, by the lock's own account. */
  readonly leaseEnd: number;
  /** Whether the library starts the section, so that it can look at the clock just before. */
  readonly isSection: boolean;
  /** The hold that it entered again. */
  readonly inside?: number;
}

/** A timer of the worker ran: its event loop turns. */
export interface Pulse {
  readonly e: 'pulse';
  readonly t: number;
  readonly t1: number;
  /** Holds that believe. */
  readonly held: readonly number[];
  /** Holds whose lease is over although their signal has not aborted. */
  readonly over: readonly number[];
}

/** Milliseconds between two pulses. */
export const PULSE_MS = 10;

/** All that one process wrote, from its start to its end. */
export interface Life {
  readonly name: string;
  /** Whether it was killed: what it did not finish is nobody's fault. */
  readonly killed: boolean;
  readonly entries: readonly Entry[];
}

/** A time in which the server lost what it had been told. */
export interface DataLoss {
  readonly from: number;
  readonly until: number;
}

export interface History {
  readonly lives: readonly Life[];
  readonly losses: readonly DataLoss[];
}

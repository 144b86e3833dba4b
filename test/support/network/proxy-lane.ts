/**
 * One direction of one proxied connection: an ordered queue of messages that can be slowed down, held back, or lost.
 * As on a real network, order is kept and nothing is lost from the middle: once bytes are gone, so is all behind them.
 */
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';

/** `flow`: pass on. `hold`: keep for later. `swallow`: lose. */
export type LaneMode = 'flow' | 'hold' | 'swallow';

/** What all lanes of one direction have in common; the proxy changes it while they run. */
export interface Traffic {
  mode: LaneMode;
  /** Milliseconds that every message takes. */
  latency: number;
}

interface Parcel {
  /** `null` is the end of the stream. */
  readonly data: Buffer | null;
  timer: NodeJS.Timeout | null;
}

/** See the head of this module. */
export class ProxyLane {
  private readonly queue: Parcel[] = [];
  private dead = false;

  constructor(
    private readonly target: Socket,
    private readonly traffic: Traffic,
  ) {}

  /** Whether bytes of this connection were lost, so that it can never make sense again. */
  get isDead(): boolean {
    return this.dead;
  }

  send(data: Buffer | null, extraDelay = 0): void {
    if (this.dead) return;
    const parcel: Parcel = { data, timer: null };
    const delay = this.traffic.latency + extraDelay;
    if (delay > 0) {
      parcel.timer = setTimeout(() => {
        parcel.timer = null;
        this.drain();
      }, delay);
    }
    this.queue.push(parcel);
    this.drain();
  }

  /** Passes on what may go now. */
  drain(): void {
    if (this.traffic.mode === 'swallow' && this.queue.length > 0) this.die();
    while (this.traffic.mode === 'flow' && this.queue[0] !== undefined && this.queue[0].timer === null) {
      const { data } = this.queue.shift() as Parcel;
      if (this.target.destroyed || this.target.writableEnded) continue;
      if (data === null) this.target.end();
      else this.target.write(data);
    }
  }

  /** Loses what is under way and all that follows. */
  die(): void {
    this.dead = true;
    for (const { timer } of this.queue.splice(0)) if (timer !== null) clearTimeout(timer);
  }
}

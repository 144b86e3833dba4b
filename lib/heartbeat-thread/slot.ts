/**
 * What two threads know of one lease at the same time: a few numbers in shared memory, by `Atomics`. The state says which
 * of them may do what: the heartbeat thread sends a touch only after it has turned `watched` into `sending`, and the main
 * thread takes the slot back by turning `watched` into `free`; where it finds `sending`, it writes `leaving` and waits until
 * the thread says that the touch has ended. Each use of a slot has a number of its own, so that what belongs to an earlier
 * use fails. Times are whole milliseconds of the main thread's clock, stored as what they are beyond a base.
 */

/** What is going on in a slot. */
type SlotState = 'free' | 'watched' | 'sending' | 'leaving' | 'lost' | 'over';

const STATES: readonly SlotState[] = ['free', 'watched', 'sending', 'leaving', 'lost', 'over'];
/** How many bits of the state word name the state; the rest is the number of the use. */
const STATE_BITS = 3;
/** The words of a slot: its state, the deadline, the end of renewal, the touch under way, the first touch in doubt. */
export const SLOT_WORDS = 5;
const [STATE, DEADLINE, RENEW_UNTIL, TOUCHED_AT, DOUBT_AT] = [0, 1, 2, 3, 4];

/** In place of a time: there is none. */
const NONE = -1;
const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1];

export class Slot {
  /**
   * @param words - the memory.
   * @param at - where the slot begins in it.
   * @param use - the number of this use, see {@link nextUse}.
   * @param base - what its times count from.
   */
  constructor(
    private readonly words: Int32Array,
    private readonly at: number,
    private readonly use: number,
    private readonly base: number,
  ) {}

  /** The number that the next use of a slot has. */
  static nextUse(words: Int32Array, at: number): number {
    return Atomics.load(words, at + STATE) >> STATE_BITS;
  }

  /** Begins: the main thread writes what the other is to find. */
  open(deadline: number, renewUntil: number): void {
    this.write(DEADLINE, deadline);
    this.write(TOUCHED_AT, NONE);
    this.write(DOUBT_AT, NONE);
    this.renewUntil = renewUntil;
    Atomics.store(this.words, this.at + STATE, this.word('watched'));
  }

  /** `free` as well where it is used for something else by now. */
  get state(): SlotState {
    const word = Atomics.load(this.words, this.at + STATE);
    return word >> STATE_BITS === this.use ? STATES[word & (2 ** STATE_BITS - 1)]! : 'free';
  }

  /** Turns one state into another; false where it was not in the first. */
  turn(from: SlotState, to: SlotState): boolean {
    const { words, at } = this;
    // The next use of a free slot has the next number.
    const target = to === 'free' ? ((this.use + 1) << STATE_BITS) | 0 : this.word(to);
    const expected = this.word(from);
    return Atomics.compareExchange(words, at + STATE, expected, target) === expected;
  }

  /** Until when the lease is believed in. */
  get deadline(): number {
    return this.read(DEADLINE);
  }

  /** The lease is believed in until then at least. */
  raise(deadline: number): void {
    const { words, at } = this;
    const target = this.offset(deadline);
    for (let known = Atomics.load(words, at + DEADLINE); known < target;) {
      const found = Atomics.compareExchange(words, at + DEADLINE, known, target);
      if (found === known) return;
      known = found;
    }
  }

  /** Until when it is renewed; `NONE`: without end. */
  get renewUntil(): number {
    const offset = Atomics.load(this.words, this.at + RENEW_UNTIL);
    return offset === MOST ? NONE : this.base + offset;
  }

  set renewUntil(time: number) {
    Atomics.store(this.words, this.at + RENEW_UNTIL, time === NONE ? MOST : this.offset(time));
  }

  /** When the touch was sent that is under way, or was last. */
  get touchedAt(): number {
    return this.read(TOUCHED_AT);
  }

  set touchedAt(time: number) {
    this.write(TOUCHED_AT, time);
  }

  /** When the first of those touches was sent that brought no answer and may be carried out yet; `NONE`: there is none. */
  get doubtAt(): number {
    return this.read(DOUBT_AT);
  }

  set doubtAt(time: number) {
    this.write(DOUBT_AT, time);
  }

  private read(word: number): number {
    const offset = Atomics.load(this.words, this.at + word);
    return offset === LEAST ? NONE : this.base + offset;
  }

  private write(word: number, time: number): void {
    Atomics.store(this.words, this.at + word, time === NONE ? LEAST : this.offset(time));
  }

  /** A lease that lasts longer than numbers of 31 bits reach is renewed by the main thread from then on. */
  private offset(time: number): number {
    return Math.min(Math.max(time - this.base, LEAST + 1), MOST - 1);
  }

  private word(state: SlotState): number {
    return (this.use << STATE_BITS) | STATES.indexOf(state);
  }
}

/**
 * Finds locks that are asked for in different orders: code that holds A and asks for B, and code that holds B and asks for A,
 * wait for each other as soon as both run at the same time. Each pair of keys is remembered for a while, so the danger
 * shows the first time both orders were used, long before they meet. Only what can wait counts; several keys of one call have
 * no order among themselves, because they are taken in one that is the same for all callers.
 */
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { callSite } from './call-site.js';

/** What happens when orders contradict each other. */
export type LockOrderMode = 'warn' | 'throw' | 'off';

/** One key was asked for while another was held. */
interface Pair {
  readonly held: string;
  readonly asked: string;
  /** Where in the application; undefined where that is not known. */
  readonly place: string | undefined;
}

/** How many pairs are remembered, and how many warnings: those that were used last. */
const MOST_PAIRS = 1_000;
/** Of how many keys that are held at a time the order is looked at. */
const MOST_HELD = 64;
/** How many keys a circle may have. */
const LONGEST_CIRCLE = 8;

export class LockOrder {
  /** By both keys, those that were used last at the end. */
  private readonly pairs = new Map<string, Pair>();
  /** By the key that was held. */
  private readonly behind = new Map<string, Set<Pair>>();
  /** The circles that were told of. */
  private readonly told = new Set<string>();

  /**
   * @param mode - whether the call that closes a circle fails, or is told of.
   * @param tell - gets each circle once, with the key that was asked for.
   */
  constructor(
    private readonly mode: Exclude<LockOrderMode, 'off'>,
    private readonly tell: (key: string, message: string) => void,
  ) {}

  /**
   * A key is asked for while others are held.
   *
   * @throws `LockOptionsError` for one that closes a circle, where that is wanted. Nothing is remembered of such a pair, so the
   * next such call fails as well.
   */
  asks(held: readonly string[], asked: string): void {
    const added: Pair[] = [];
    for (const each of held.slice(0, MOST_HELD)) {
      const id = idOf(each, asked);
      const known = this.pairs.get(id);
      const pair = known ?? { held: each, asked, place: added.length > 0 ? added[0]!.place : callSite() };
      const circle = known ? undefined : this.circleOf(pair);
      if (circle && this.mode === 'throw') throw new LockOptionsError(messages.lockOrder(circle, true), { key: asked });
      this.remember(id, pair);
      if (known) continue;
      added.push(pair);
      if (circle) this.report(circle);
    }
  }

  /** The shortest way back from the key that was asked for to the one that is held, with the pair itself in front. */
  private circleOf(pair: Pair): readonly Pair[] | undefined {
    const reached = new Set([pair.asked]);
    let ways: (readonly Pair[])[] = [[pair]];
    for (let length = 2; length <= LONGEST_CIRCLE && ways.length > 0; length++) {
      const longer: (readonly Pair[])[] = [];
      for (const way of ways) {
        for (const next of this.behind.get(way.at(-1)!.asked) ?? []) {
          if (next.asked === pair.held) return [...way, next];
          if (reached.has(next.asked)) continue;
          reached.add(next.asked);
          longer.push([...way, next]);
        }
      }
      ways = longer;
    }
    return undefined;
  }

  private remember(id: string, pair: Pair): void {
    // At the end, as it is the last that was used.
    this.pairs.delete(id);
    this.pairs.set(id, pair);
    const others = this.behind.get(pair.held);
    if (others) others.add(pair);
    else this.behind.set(pair.held, new Set([pair]));
    if (this.pairs.size > MOST_PAIRS) this.forgetOldest();
  }

  private forgetOldest(): void {
    const [[id, pair]] = this.pairs as Iterable<[string, Pair]> as [[string, Pair]];
    this.pairs.delete(id);
    const others = this.behind.get(pair.held)!;
    others.delete(pair);
    if (others.size === 0) this.behind.delete(pair.held);
  }

  /** Once for the same places in the code, whatever the keys; where those are not known, once for the same keys. */
  private report(circle: readonly Pair[]): void {
    const places = circle.map(({ held, asked, place }) => place ?? idOf(held, asked));
    const id = JSON.stringify(places.sort());
    if (this.told.has(id)) return;
    this.told.add(id);
    const [oldest] = this.told;
    if (this.told.size > MOST_PAIRS) this.told.delete(oldest!);
    this.tell(circle[0]!.asked, messages.lockOrder(circle, false));
  }
}

/** A text that no two pairs have in common. */
function idOf(held: string, asked: string): string {
  return `${held.length}:${held}${asked}`;
}

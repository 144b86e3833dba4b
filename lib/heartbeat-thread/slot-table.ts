/** The slots of the main thread: memory in pages that grow in number and never move, and which of the slots are free. */
import { Slot, SLOT_WORDS } from './slot.js';

/** How many slots a page has. */
const PAGE_SLOTS = 512;

export class SlotTable {
  private readonly pages: Int32Array[] = [];
  /** Numbers of slots that are free. */
  private readonly free: number[] = [];

  /** @param onPage - told of each new page before any of its slots is used. */
  constructor(private readonly onPage: (memory: SharedArrayBuffer) => void) {}

  /** The number of a free slot. */
  take(): number {
    if (this.free.length === 0) this.grow();
    return this.free.pop()!;
  }

  /** A use of a slot that begins now. */
  slot(index: number, base: number): { readonly slot: Slot; readonly use: number } {
    const [words, at] = place(this.pages, index);
    const use = Slot.nextUse(words, at);
    return { slot: new Slot(words, at, use, base), use };
  }

  /** Nobody writes to it any more. */
  give(index: number): void {
    this.free.push(index);
  }

  private grow(): void {
    const memory = new SharedArrayBuffer(PAGE_SLOTS * SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT);
    const first = this.pages.length * PAGE_SLOTS;
    this.pages.push(new Int32Array(memory));
    for (let i = PAGE_SLOTS - 1; i >= 0; i--) this.free.push(first + i);
    this.onPage(memory);
  }
}

/** Where a slot lies. */
export function place(pages: readonly Int32Array[], index: number): readonly [words: Int32Array, at: number] {
  return [pages[Math.floor(index / PAGE_SLOTS)]!, (index % PAGE_SLOTS) * SLOT_WORDS];
}

/** Times: in words, as texts that go on counting, and as bars that run. Only the browser's own stopwatch counts. */
import { make, say } from './dom.js';

/** A length of time, to be read at a glance. */
export function inWords(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 59_500) return ms < 9_950 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Texts that count, by their elements; those that left the page are forgotten. */
const counting = new Map<Element, () => string>();

/** Shows how long ago something began, and goes on counting. */
export function count(element: Element, milliseconds: number, isExact = true): void {
  const since = performance.now() - milliseconds;
  set(element, () => `${isExact ? '' : '> '}${inWords(performance.now() - since)}`);
}

/** Shows how long something still lasts. */
export function countDown(element: Element, milliseconds: number): void {
  const end = performance.now() + milliseconds;
  set(element, () => inWords(end - performance.now()));
}

/** Shows nothing that counts any more. */
export function still(element: Element, text: string): void {
  counting.delete(element);
  say(element, text);
}

function set(element: Element, text: () => string): void {
  counting.set(element, text);
  say(element, text());
}

setInterval(() => {
  for (const [element, text] of counting) {
    if (element.isConnected) say(element, text());
    else counting.delete(element);
  }
}, 250);

const noMotion = matchMedia('(prefers-reduced-motion: reduce)');
/** A bar that is off by less than this is left to run on, in milliseconds. */
const CLOSE = 250;

/** A bar of the time that is left, with the time beside it. */
export class Bar {
  readonly element: HTMLElement;
  /** When it reaches nothing, and how long it is as a whole. */
  private end = -Infinity;
  private whole = 0;
  private motion: Animation | undefined;
  private readonly fill = make('span');
  private readonly text = make('span', { class: 'time' });

  constructor() {
    const track = make('span', { class: 'bar', attributes: { 'aria-hidden': 'true' } }, this.fill);
    this.element = make('span', { class: 'lease' }, track, this.text);
  }

  /** Runs from what is left to nothing; for people who want no motion it steps instead, with each message. */
  run(left: number, whole: number): void {
    const end = performance.now() + left;
    const runsOn = Math.abs(end - this.end) < CLOSE && whole === this.whole && !this.element.hidden;
    if (runsOn && !noMotion.matches) return;
    [this.end, this.whole] = [end, whole];
    this.element.hidden = false;
    countDown(this.text, left);
    const now = `scaleX(${whole > 0 ? Math.min(1, left / whole) : 0})`;
    this.motion?.cancel();
    this.fill.style.setProperty('transform', noMotion.matches ? now : 'scaleX(0)');
    // Not a transition, which would not begin before the bar is part of the page.
    if (!noMotion.matches) this.motion = this.fill.animate([{ transform: now }, { transform: 'scaleX(0)' }], left);
  }

  /** Shows an empty bar, and why. */
  stop(text: string): void {
    this.run(0, 0);
    still(this.text, text);
    this.end = -Infinity;
  }

  hide(): void {
    this.element.hidden = true;
    still(this.text, '');
  }
}

/** What a campaign can find. */
export type Rule =
  /** Two believed at the same time that they hold a key. */
  | 'exclusion'
  /** Fencing tokens do not grow from holder to holder, or not stay the same within one. */
  | 'fencing'
  /** A section began when its lease was over already. */
  | 'late start'
  /** A holder was not told in time that it lost its lock, or held again what it had lost. */
  | 'loss'
  /** A call got an outcome that it must not get. */
  | 'outcome'
  /** A call did not settle in time. */
  | 'settling'
  /** A key, or a place in the queue, of nobody. */
  | 'left behind'
  /** A process that does not end, or ended by itself, or complains. */
  | 'process'
  /** The library called somebody back inside a caller's lock context. */
  | 'context';

export interface Fault {
  readonly rule: Rule;
  readonly text: string;
}

/** What can happen to one message on its way. */

/** Which messages. */
export type MessageKind = 'acquire' | 'touch' | 'release' | 'convert' | 'grant';

export interface Fate {
  /** `refused`: not carried out, and the sender is told so. */
  readonly request: 'arrives' | 'lost' | 'refused';
  readonly answer: 'arrives' | 'lost';
  /** Milliseconds on top of the usual. */
  readonly requestDelay: number;
  readonly answerDelay: number;
  /** Milliseconds after which the request (or the grant message) arrives once more. */
  readonly again: number | undefined;
}

export const UNEVENTFUL: Fate = {
  request: 'arrives',
  answer: 'arrives',
  requestDelay: 0,
  answerDelay: 0,
  again: undefined,
};

/** Fates that were decided beforehand, for the next messages of a kind. */
export class Fates {
  private readonly upcoming: { readonly kind: MessageKind | 'any'; readonly fate: Fate }[] = [];

  next(kind: MessageKind | 'any', fate: Fate): void {
    this.upcoming.push({ kind, fate });
  }

  of(kind: MessageKind): Fate {
    const index = this.upcoming.findIndex((each) => each.kind === kind || (each.kind === 'any' && kind !== 'grant'));
    return index < 0 ? UNEVENTFUL : this.upcoming.splice(index, 1)[0]!.fate;
  }

  clear(): void {
    this.upcoming.length = 0;
  }
}

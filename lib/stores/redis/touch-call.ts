/**
 * A touch that is under way. A server that has forgotten the script has to be sent it once more, and by then a token of
 * the touch may have been released: the touch must not arrive behind the release. So a release marks the touches under
 * way, and nothing is remembered when they have ended.
 */
import type { Linked } from '../../core/linked-list.js';

export class TouchCall implements Linked<TouchCall> {
  before: TouchCall | undefined;
  behind: TouchCall | undefined;
  private isOvertaken = false;

  /** @param isWanted - whether all of the tokens are still to be touched, where that is known from elsewhere. */
  constructor(
    private readonly requests: readonly { readonly token: string }[],
    private readonly isWanted?: () => boolean,
  ) {}

  /** Some tokens are being released. */
  overtake(released: readonly { readonly token: string }[]): void {
    for (const { token } of released) {
      if (this.isOvertaken) return;
      this.isOvertaken = this.requests.some((request) => request.token === token);
    }
  }

  readonly mayRepeat = (): boolean => !this.isOvertaken && this.isWanted?.() !== false;
}

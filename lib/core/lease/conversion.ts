/**
 * Upgrade and downgrade: a holder gets another share of its key without letting go. A downgrade is believed before it is
 * asked for, an upgrade only when it is granted: whatever becomes of the request, nobody believes to be alone who is
 * not. An upgrade that is given up is withdrawn, because nobody comes in while it is waited for.
 */
import { LockBusyError, LockOptionsError, LockTimeoutError, LockUnavailableError } from '../../lock.errors.js';
import type { StoreAnswer } from '../../stores/lock-store.js';
import { WAITER_HEARTBEAT } from '../../stores/protocol.js';
import { EXCLUSIVE, READ } from '../admission.js';
import { modeOf } from '../share-options.js';
import { shareMessages } from '../share.messages.js';
import { asLockError } from '../store-failure.js';
import type { Holder } from './holder.js';
import { Wish } from './wish.js';

/** How long to wait for an upgrade. */
interface UpgradeWait {
  /** In milliseconds; 0 tries once. */
  readonly wait: number;
  readonly signal: AbortSignal | undefined;
}

/** When the first of the others' leases would end, it is looked at once more, a little later. */
const LOOK_AFTER_EXPIRY = 50;

/** See `Lock.downgrade`. */
export async function downgrade(holder: Holder): Promise<void> {
  const { key, token, lease } = checkConvertible(holder);
  if (lease.wish) throw new LockBusyError(shareMessages.isConverting(key), { key });
  const { depth } = holder;
  if (depth > 1 && modeOf(holder.share) !== 'read')
    throw new LockBusyError(shareMessages.enteredAgain(key, depth), { key });
  lease.setApart();
  holder.convert(READ);
  const { wishes, outside } = lease.requests;
  const wish = new Wish(outside);
  wishes.set(token, wish);
  const asked = lease.convert(holder, READ, false).finally(() => settle(holder));
  wish.withdrawal = asked.then(() => undefined);
  const answer = await asked;
  holder.assertHeld();
  if (answer.state === 'unknown') throw asLockError(key, answer.error);
}

/** See `Lock.upgrade`. */
export async function upgrade(holder: Holder, asked: UpgradeWait): Promise<void> {
  const { key, token, lease } = checkConvertible(holder);
  const { wait, signal } = asked;
  if (modeOf(holder.share) !== 'read') return;
  signal?.throwIfAborted();
  const endsAt = performance.now() + wait;
  const { wishes, outside } = lease.requests;
  const wish = new Wish(outside);
  const rest = (whyNot: () => Error, pause?: number): Promise<void> => {
    const { closedBy } = lease.requests;
    if (closedBy) throw closedBy(key);
    return restUntil(endsAt, wish, signal, whyNot, pause);
  };
  while (lease.wish) {
    if (!lease.wish.withdrawal) throw new LockBusyError(shareMessages.upgradesCross(key), { key });
    void lease.wish.withdrawal.then(() => wish.ring());
    await rest(() => refusal(key, wait, shareMessages.isConverting(key)));
  }
  wishes.set(token, wish);
  let isSettled = true;
  try {
    for (;;) {
      holder.assertHeld();
      if (lease.isAlone) break;
      await rest(() => refusal(key, wait));
    }
    if (lease.mayOpen) throw new LockUnavailableError(shareMessages.mayOpen(key), { key });
    for (;;) {
      holder.assertHeld();
      const answer = await lease.convert(holder, EXCLUSIVE, wait > 0);
      // One that brought no answer may have left a wish behind.
      isSettled &&= answer.state !== 'waiting' && answer.state !== 'unknown';
      holder.assertHeld();
      if (answer.state === 'held') {
        isSettled = true;
        return holder.convert(EXCLUSIVE);
      }
      if (answer.state === 'busy') throw busy(key, answer.expiresIn, wait);
      const pause = Math.min(WAITER_HEARTBEAT, 'expiresIn' in answer ? answer.expiresIn + LOOK_AFTER_EXPIRY : Infinity);
      await rest(() => unanswered(key, answer) ?? refusal(key, wait), pause);
    }
  } finally {
    if (isSettled || !holder.isHeld) settle(holder);
    else wish.withdrawal = withdraw(holder, wish).finally(() => settle(holder));
  }
}

/** The wish is granted, refused or withdrawn. */
function settle({ token, lease }: Holder): void {
  lease.requests.wishes.delete(token);
  lease.wishSettled();
}

function checkConvertible(holder: Holder): Holder {
  holder.assertHeld();
  const { key, share, lease } = holder;
  if (modeOf(share) === 'permit') throw new LockOptionsError(shareMessages.noConversion(key), { key });
  if (!lease.requests.canConvert) throw new LockOptionsError(shareMessages.noConversions(key), { key });
  return holder;
}

/** Throws when the time is over, which may be only after the rest. */
async function restUntil(
  endsAt: number,
  wish: Wish,
  signal: AbortSignal | undefined,
  whyNot: () => Error,
  pause = Infinity,
): Promise<void> {
  const left = endsAt - performance.now();
  if (left > 0) await wish.rest(Math.min(left, pause, 2_147_483_647), signal);
  if (performance.now() >= endsAt) throw whyNot();
}

/** The store is told that the reader stays what it is, until it has heard that, or the reader is gone. */
async function withdraw(holder: Holder, wish: Wish): Promise<void> {
  while (holder.isHeld) {
    const answer = await holder.lease.convert(holder, READ, false);
    if (answer.state !== 'unknown') return;
    await wish.rest(WAITER_HEARTBEAT, undefined, false);
  }
}

function busy(key: string, expiresIn: number, wait: number): LockBusyError {
  const message = wait > 0 ? shareMessages.upgradesCross(key) : shareMessages.upgradeBusy(key);
  return new LockBusyError(message, { key, retryAfterMs: Math.ceil(expiresIn) });
}

function refusal(
  key: string,
  wait: number,
  inTheWay = shareMessages.upgradeBusy(key),
): LockBusyError | LockTimeoutError {
  if (wait === 0) return new LockBusyError(inTheWay, { key });
  return new LockTimeoutError(shareMessages.upgradeTimeout(key, wait), { key });
}

function unanswered(key: string, answer: StoreAnswer): Error | undefined {
  return answer.state === 'unknown' ? asLockError(key, answer.error) : undefined;
}

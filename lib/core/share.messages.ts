/** What is said about shares of a key: why one can't be had, changed, or given away. */
import { quote } from '../quoting.js';

const ms = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;

export const shareMessages = {
  weaker: (key: string, isReader: boolean) =>
    isReader
      ? `The key ${quote(key)} is held for reading by this call, so taking it for writing would wait for itself. Call ` +
        'upgrade() of the lock that is held, or take the key for writing in the first place.'
      : `The key ${quote(key)} is held by this call with a smaller share than it asks for now, so it would wait for ` +
        'itself. Ask for the whole share in the first place.',
  enteredAgain: (key: string, depth: number) =>
    `The lock of ${quote(key)} is held ${depth} times by this call, which entered it again. Only the last one left can ` +
    'give up its share or hand it on: wait until the inner sections have ended.',
  isConverting: (key: string) =>
    `Another share of the key ${quote(key)} is being asked for with the same lease. Wait until that has ended.`,
  mayOpen: (key: string) =>
    `The lock of ${quote(key)} can't be upgraded any more: an earlier request that makes it a reader's brought no answer, and ` +
    'may be carried out yet. Release it, and take the key for writing.',
  noConversion: (key: string) =>
    `The key ${quote(key)} is held with \`concurrency\`. Only readers can be upgraded, and only writers downgraded.`,
  noConversions: (key: string) =>
    `The store knows no upgrade or downgrade of the key ${quote(key)}: it has no method \`convert\`. Release the lock and ` +
    'take it with the other `mode`.',
  severalKeys: (key: string) =>
    `The lock of ${quote(key)} has several keys, and only a lock of one key can be upgraded or downgraded. Take the keys ` +
    'one by one.',
  upgradeBusy: (key: string) =>
    `The lock of ${quote(key)} can't be upgraded now: there are other readers. Set \`wait\`, or try again later.`,
  upgradesCross: (key: string) =>
    `The lock of ${quote(key)} can't be upgraded: another reader waits for an upgrade already, and each would wait for the ` +
    'other to leave. Release this lock, and take the key for writing.',
  upgradeTimeout: (key: string, wait: number) =>
    `The lock of ${quote(key)} could not be upgraded within ${ms(wait)}: there were still other readers. It is still held ` +
    'for reading. Set a longer `wait`, or try again later.',
  sharedHere: (key: string, others: number) =>
    `The lock of ${quote(key)} shares its lease with ${others} more of this process, so it can't be given to another ` +
    'process. Take it with `fair: true`, which gives it a lease of its own.',
  noDetached: () => 'The text is not one that detach() of a lock has returned, or it was changed. Hand it on as it is.',
  detachedLost: (key: string) =>
    `The lease of the key ${quote(key)} ended before the lock was adopted, or the lock was adopted already. Adopt a lock once ` +
    'and within its `ttl`, with the same Redis and `prefix`, or take the key anew.',
};

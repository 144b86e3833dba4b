/** What is said about shares names the key, quoted, and what to do about it. */
import { describe, expect, it } from '@jest/globals';
import { shareMessages } from '../../../lib/core/share.messages.js';

const NASTY = 'a"b\u0000\n'.repeat(3);

const ALL: Record<keyof typeof shareMessages, (key: string) => string> = {
  weaker: (key) => shareMessages.weaker(key, true),
  enteredAgain: (key) => shareMessages.enteredAgain(key, 2),
  isConverting: shareMessages.isConverting,
  mayOpen: shareMessages.mayOpen,
  noConversion: shareMessages.noConversion,
  noConversions: shareMessages.noConversions,
  severalKeys: shareMessages.severalKeys,
  upgradeBusy: shareMessages.upgradeBusy,
  upgradesCross: shareMessages.upgradesCross,
  upgradeTimeout: (key) => shareMessages.upgradeTimeout(key, 500.4),
  sharedHere: (key) => shareMessages.sharedHere(key, 3),
  noDetached: () => shareMessages.noDetached(),
  detachedLost: shareMessages.detachedLost,
};

describe('what is said about a share', () => {
  it.each(Object.entries(ALL))('is a sentence or more, of one line: %s', (_, say) => {
    expect(say(NASTY)).toMatch(/^[A-Z].*\.$/);
  });

  it.each(Object.entries(ALL).filter(([name]) => name !== 'noDetached'))('names the key: %s', (_, say) => {
    expect(say('order:42')).toContain('"order:42"');
  });

  it('says to a reader that it should upgrade, and to others what else', () => {
    expect(shareMessages.weaker('key', true)).toContain('upgrade()');
    expect(shareMessages.weaker('key', false)).not.toContain('upgrade()');
    expect(shareMessages.upgradeTimeout('key', 500.4)).toContain('within 500 ms');
  });
});

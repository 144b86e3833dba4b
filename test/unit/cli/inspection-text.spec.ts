/** What `show` says of a holder, by what its process has answered. */
import { inspectionText } from '../../../lib/cli/inspection-text.js';
import type { Terminal } from '../../../lib/cli/terminal.js';
import type { HolderInspection } from '../../../lib/lock.operations.js';

const PLAIN = { hasColours: false } as Terminal;

const HOLDER: HolderInspection = {
  token: 'secret',
  fencingToken: 7,
  expiresIn: 30_000,
  limit: 1,
  weight: 1,
  process: null,
  reports: null,
  localWaiters: null,
};

function shown(of: Partial<HolderInspection>): string {
  const holder = { ...HOLDER, ...of };
  const state = { key: 'order:42', waiting: [], lastFencingToken: 7, waiters: [] };
  return inspectionText({ ...state, holder, holders: [holder] }, PLAIN);
}

describe('a holder', () => {
  it('whose process does not answer may have died, or may never have begun to listen', () => {
    const text = shown({ reports: null });
    expect(text).toContain('    does not answer\n');
    expect(text).toMatch(/has died.*a key that is kept by `minHold` or `once` outlives its work/);
  });

  it('whose process says that none of its callers has the key is a key that is kept', () => {
    const text = shown({ reports: [] });
    expect(text).toContain('none of its callers has it: it is kept after its work');
    expect(text).not.toContain('does not answer');
  });

  it('is shown by what its process says', () => {
    const reports = [{ label: 'order:<0>', mode: 'write', fencingToken: 7, heldMs: 2_100, depth: 1 }] as const;
    const text = shown({ reports, localWaiters: { label: '', callers: 2, waitedMs: 1_000 } });
    expect(text).toContain('    order:<0>, for 2.1 s\n');
    expect(text).toContain('2 callers of it wait to be handed it');
    expect(text).not.toMatch(/does not answer|none of its callers|secret/);
  });
});

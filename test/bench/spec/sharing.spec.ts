/** What the benchmark calls a failure where callers share a key, and the checks that come before anything is measured. */
import { describe, expect, it } from '@jest/globals';

const load = (file: string): Promise<unknown> => import(new URL(`../${file}`, import.meta.url).href);

type Section = () => Promise<unknown>;
type Run = (key: string, section: Section) => Promise<unknown>;
type Seen = readonly [caller: number, read: boolean, asked: number, entered: number, left: number];

interface Round {
  readonly grants: number;
  readonly most: number;
  readonly readWaits: readonly number[];
  readonly writeWaits: readonly number[];
  readonly perCaller: readonly (readonly number[])[];
}

interface Sharing {
  sideBySide(parts: readonly object[], limitOf: (section: { isRead: boolean }) => number): Round;
  readersAndWriters(section: { isRead: boolean }): number;
}

interface Exclusion {
  verifyExclusion(contestant: object, url: string, session: object): Promise<void>;
}

const { sideBySide, readersAndWriters } = (await load('measure/sharing.mjs')) as Sharing;
const { verifyExclusion } = (await load('measure/exclusion.mjs')) as Exclusion;

/** What a process of two callers saw; a reader still waited for 7 ms at the end. */
const part = (...seen: readonly Seen[]): object => ({
  caller: seen.map(([caller]) => caller),
  read: seen.map(([, read]) => (read ? 1 : 0)),
  asked: seen.map(([, , asked]) => asked),
  entered: seen.map(([, , , entered]) => entered),
  left: seen.map(([, , , , left]) => left),
  inVain: [7],
  inVainRead: [1],
  callers: 2,
  milliseconds: 100,
  drain: 0,
  stalled: 0,
});

describe('sections of several processes on one clock', () => {
  it('may overlap where all of them read', () => {
    const round = sideBySide(
      [part([0, true, 0, 1, 5]), part([1, true, 0, 2, 4], [0, true, 2, 3, 9])],
      readersAndWriters,
    );
    expect([round.grants, round.most, round.writeWaits]).toEqual([3, 3, []]);
    expect(round.perCaller.map((counts) => counts.join())).toEqual(['1,0', '1,1']);
    expect(round.readWaits).toEqual([1, 2, 1, 7, 7]);
  });

  it.each<[string, Seen, Seen]>([
    ['a writer that comes while one reads', [0, true, 0, 1, 5], [0, false, 0, 4, 6]],
    ['a reader that comes while one writes', [0, false, 0, 1, 5], [0, true, 0, 4, 6]],
    ['two writers', [0, false, 0, 1, 5], [1, false, 0, 1, 6]],
  ])('are a failure: %s', (_, one, other) => {
    expect(() => sideBySide([part(one), part(other)], readersAndWriters)).toThrow('it lets in too many');
  });

  it('follow each other where one of them writes', () => {
    const round = sideBySide([part([0, true, 0, 1, 5], [1, false, 2, 5, 6])], readersAndWriters);
    expect([round.most, round.writeWaits]).toEqual([1, [3]]);
  });

  it('are a failure where one more is inside than may be', () => {
    const parts = [part([0, false, 0, 1, 5], [1, false, 0, 2, 5]), part([0, false, 0, 3, 5])];
    expect(sideBySide(parts, () => 3).most).toBe(3);
    expect(() => sideBySide(parts, () => 2)).toThrow('it lets in too many: 3 at once, where 2 may be');
  });
});

/** Admits to each key by a rule, in order: `mayEnter` is asked with those that are inside. */
function sessionOf(mayEnter: (inside: readonly string[], kind: string) => boolean): { run: Run; read: Run } {
  const keys = new Map<string, { inside: string[]; waiting: { kind: string; enter: () => void }[] }>();
  const as =
    (kind: string): Run =>
    async (key, section) => {
      const { inside, waiting } = keys.get(key) ?? { inside: [], waiting: [] };
      keys.set(key, { inside, waiting });
      const admit = (): void => {
        while (waiting[0] && mayEnter(inside, waiting[0].kind)) {
          const next = waiting.shift()!;
          inside.push(next.kind);
          next.enter();
        }
      };
      await new Promise<void>((enter) => {
        waiting.push({ kind, enter });
        admit();
      });
      try {
        return await section();
      } finally {
        inside.splice(inside.indexOf(kind), 1);
        admit();
      }
    };
  return { run: as('write'), read: as('read') };
}

describe('the check before anything is measured', () => {
  const verify = (contestant: object, session: object): Promise<void> =>
    verifyExclusion({ ...contestant, alone: true }, '', session);
  const rule = (inside: readonly string[], kind: string): boolean =>
    inside.length === 0 || (kind === 'read' && !inside.includes('write'));

  it('is passed by readers that meet and writers that are alone', async () => {
    await verify({}, sessionOf(rule));
  });

  it('finds readers that are let in beside a writer', async () => {
    const session = sessionOf((inside, kind) => kind === 'read' || rule(inside, kind));
    await expect(verify({}, session)).rejects.toThrow('it does not exclude');
  });

  it('finds writers that are let in beside readers', async () => {
    const session = sessionOf((inside) => !inside.includes('write'));
    await expect(verify({}, session)).rejects.toThrow('it does not exclude');
  });

  it('is passed by as many as may be', async () => {
    await verify({ places: 3 }, { run: sessionOf((inside) => inside.length < 3).run });
  });

  it('finds one more than may be', async () => {
    const { run } = sessionOf((inside) => inside.length < 4);
    await expect(verify({ places: 3 }, { run })).rejects.toThrow('it lets in too many');
  });
});

/** Many workers that want few keys. Every section is written down where all processes write, in the server's order. */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { serve, settings, tell } from './serve.js';
import { openWork } from './shift.js';
import type { ShiftSettings } from './shift.js';

interface Settings extends ShiftSettings {
  readonly keys: readonly string[];
  readonly sections: number;
  /** False: the control, which only pretends to lock. */
  readonly locked: boolean;
}

const given = settings<Settings>();
const { name, keys, workers, sections, locked } = given;
const { locks, history } = await openWork(given, '5m');

let lingerer: Promise<void> | undefined;
let goOn = (): void => undefined;

async function inTurn(key: string, section: (fencingToken: number) => Promise<void>): Promise<void> {
  if (locked) await locks.withLock(key, (lock) => section(lock.fencingToken));
  else await section(await history.unusedFence());
}

async function work(worker: string, first: number): Promise<void> {
  for (let i = 0; i < sections; i++) {
    const key = keys[(first + i) % keys.length]!;
    let fence = 0;
    let outcome = 'ok';
    try {
      await inTurn(key, async (fencingToken) => {
        fence = fencingToken;
        await history.write(key, { what: 'enter', worker, fence });
        const lingering = lingerer;
        lingerer = undefined;
        if (lingering) tell('lingering', { key, fence });
        await (lingering ?? pause(Math.random() * 3));
        await history.write(key, { what: 'leave', worker, fence });
      });
    } catch (error) {
      outcome = (error as { code?: string }).code ?? String(error);
    }
    await history.write(key, { what: 'outcome', worker, fence, outcome });
  }
}

serve({
  /** Resolves when every worker has done all its sections. */
  work: () => Promise.all(Array.from({ length: workers }, (_, i) => work(`${name}${i}`, i))).then(() => null),
  /** The next section stays in its critical part until `goOn`. */
  linger: () => {
    lingerer = new Promise((resolve) => (goOn = resolve));
  },
  goOn: () => goOn(),
});

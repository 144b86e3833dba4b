/** Several keys at once: all or none, in one order for everybody, so that transfers in opposite directions never block. */
import { Injectable } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { freshPrefix } from '../support/servers/run-server.js';
import { startWith } from '../support/apps/apps.js';
import { isFree, keyBecomes, nextEvent, rejection } from '../support/waiting.js';

interface Account {
  readonly id: string;
}

/** A bank that reads, pauses, and writes: without locks it would lose money. */
class Ledger {
  readonly balances = new Map(['a', 'b', 'c', 'd', 'e'].map((id) => [id, 1_000]));

  get sum(): number {
    return [...this.balances.values()].reduce((sum, balance) => sum + balance);
  }

  async move(from: string, to: string, amount: number): Promise<void> {
    const [ofFrom, ofTo] = [this.balances.get(from)!, this.balances.get(to)!];
    await new Promise((resolve) => setImmediate(resolve));
    this.balances.set(from, ofFrom - amount);
    this.balances.set(to, ofTo + amount);
  }
}

const ledger = new Ledger();

@Injectable()
class Bank {
  constructor(readonly locks: LockService) {}

  @Locked((from: Account, to: Account) => [`account:${from.id}`, `account:${to.id}`], { wait: Infinity })
  async transfer(from: Account, to: Account, amount: number): Promise<void> {
    await ledger.move(from.id, to.id, amount);
  }

  @Locked(['account:<0>', 'account:<1>'], { wait: 0 })
  async audit(first: string, second: string): Promise<ReadonlyMap<string, number>> {
    expect(this.locks.holds(`account:${first}`) && this.locks.holds(`account:${second}`)).toBe(true);
    return this.locks.current().fencingTokens;
  }
}

/** A sequence that looks random and is the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (;;) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield Math.floor(seed / 65_536);
  }
}

describe('several keys', () => {
  it('hundreds of transfers between five accounts, in every direction, conserve the sum and all end', async () => {
    const prefix = freshPrefix();
    const banks = [await startWith(Bank, { prefix }), await startWith(Bank, { prefix })];
    const random = numbers(42);
    const next = (below: number): number => random.next().value % below;
    const ids = [...ledger.balances.keys()];
    const transfers = Array.from({ length: 400 }, (_, i) => {
      const from = next(5);
      const to = (from + 1 + next(4)) % 5;
      return banks[i % 2]!.transfer({ id: ids[from]! }, { id: ids[to]! }, next(100));
    });
    await Promise.all(transfers);
    expect(ledger.sum).toBe(5_000);
    for (const id of ids) {
      expect(await banks[0]!.locks.inspect(`account:${id}`)).toMatchObject({ holders: [], waiting: [] });
    }
  });

  it('all or none: what was taken is given back when one is busy, or its wait ends or is cancelled', async () => {
    const bank = await startWith(Bank);
    const lock = await bank.locks.acquire('account:b');
    expect(await rejection(bank.audit('a', 'b'))).toMatchObject({ code: 'LOCK_BUSY', key: 'account:b' });
    await keyBecomes(bank.locks, 'account:a', isFree);

    const keys = ['account:b', 'account:a'];
    expect(await rejection(bank.locks.acquire(keys, { wait: 300 }))).toMatchObject({ code: 'LOCK_TIMEOUT' });
    await keyBecomes(bank.locks, 'account:a', isFree);

    const cancel = new AbortController();
    const waiting = nextEvent(bank.locks, 'waiting');
    const cancelled = rejection(bank.locks.acquire(keys, { signal: cancel.signal }));
    await waiting;
    const reason = new Error('cancelled');
    cancel.abort(reason);
    expect(await cancelled).toBe(reason);
    await keyBecomes(bank.locks, 'account:a', isFree);
    await lock.release();
    await keyBecomes(bank.locks, 'account:b', isFree);
  });

  it('one fencing token for each key, and the same key twice is one', async () => {
    const bank = await startWith(Bank);
    const tokens = await bank.audit('a', 'b');
    expect([...tokens.keys()]).toEqual(['account:a', 'account:b']);
    expect([...(await bank.audit('a', 'a')).keys()]).toEqual(['account:a']);
    expect((await bank.audit('b', 'a')).get('account:b')).toBeGreaterThan(tokens.get('account:b')!);
  });
});

/** Keys that are asked for in two orders by a Nest application: what its log says, and how tests find out. */
import { Injectable, Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { lockModule, start, startWith } from '../support/apps/apps.js';

@Injectable()
class Bank {
  constructor(readonly locks: LockService) {}

  @Locked('account:<0>', { wait: '5s', onBusy: 'skip' })
  async debit(account: string, next?: () => Promise<unknown>): Promise<void | undefined> {
    await next?.();
  }

  transfer(from: string, to: string): Promise<void | undefined> {
    return this.debit(from, () => this.debit(to));
  }
}

describe('the order of locks', () => {
  it('is warned of in the log of an application, at once and without a deadlock', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const bank = await startWith(Bank);
    const events: unknown[] = [];
    bank.locks.events$.subscribe((event) => event.type === 'warning' && events.push(event.code));
    await bank.transfer('a', 'b');
    await bank.transfer('b', 'a');
    await bank.transfer('a', 'b');
    const said = warned.mock.calls.map(([message]) => String(message)).filter((message) => /orders/.test(message));
    warned.mockRestore();
    expect(said).toEqual([
      expect.stringMatching(
        /"account:a" while "account:b" is held \(.*lock-order\.spec\.ts:\d+:\d+\), but "account:b" while "account:a" is held/,
      ),
    ]);
    expect(events).toEqual(['lock-order']);
  });

  it('fails a test that wants it to', async () => {
    const imports = [LockTestingModule.forRoot({ lockOrder: 'throw' })];
    const bank = (await start({ imports, providers: [Bank] })).get(Bank);
    await bank.transfer('a', 'b');
    await expect(bank.transfer('b', 'a')).rejects.toMatchObject({ code: 'LOCK_OPTIONS', key: 'account:a' });
    await bank.transfer('a', 'b');
  });

  it('is that of one instance of the module', async () => {
    const imports = [lockModule({ lockOrder: 'throw' }), lockModule({ lockOrder: 'throw', name: 'other' })];
    @Injectable()
    class Shop extends Bank {
      @Locked('account:<0>', { instance: 'other' })
      override async debit(_account: string, next?: () => Promise<unknown>): Promise<void> {
        await next?.();
      }
    }
    const app = await start({ imports, providers: [Bank, Shop] });
    await app.get(Bank).transfer('a', 'b');
    await app.get(Shop).transfer('b', 'a');
  });

  it('is not looked at where it is off', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const bank = await startWith(Bank, { lockOrder: 'off' });
    await bank.transfer('a', 'b');
    await bank.transfer('b', 'a');
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

/** `@Locked` on async generators: the lock lasts from the first `next()` to the end. */
import { Injectable } from '@nestjs/common';
import { Locked, LockLostError, LockService } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';
import { isFree, keyBecomes, nextEvent, rejection } from '../../support/waiting.js';

@Injectable()
class Pages {
  readonly log: unknown[] = [];

  constructor(readonly locks: LockService) {}

  private isHeld(id: string): boolean {
    return this.locks.holds(`pages:${id}`);
  }

  @Locked('pages:<0>')
  async *read(id: string): AsyncGenerator<unknown, string, string | undefined> {
    try {
      const first = yield ['first', this.isHeld(id)];
      await new Promise((resolve) => setImmediate(resolve));
      const second = yield [first, this.isHeld(id), this.locks.current().key];
      return `end after ${second}`;
    } catch (error) {
      this.log.push('thrown', error, this.isHeld(id));
      return 'recovered';
    } finally {
      await new Promise((resolve) => setImmediate(resolve));
      this.log.push('cleanup', this.isHeld(id));
    }
  }

  @Locked('pages:<0>')
  async *fail(_id: string): AsyncGenerator<number> {
    yield 1;
    throw new RangeError('mine');
  }

  @Locked('pages:<0>', { ttl: 300 })
  async *shortLived(_id: string): AsyncGenerator<number> {
    try {
      yield 1;
      this.log.push('went on');
      yield 2;
    } finally {
      this.log.push('cleanup');
    }
  }

  @Locked('pages:<0>', { ttl: 300, onLost: 'ignore' })
  async *heedless(_id: string): AsyncGenerator<number, string> {
    yield 1;
    yield 2;
    return 'end';
  }

  @Locked('pages:<0>', { ttl: 300 })
  async *lostInTheEnd(_id: string): AsyncGenerator<number, string> {
    yield 1;
    const lost = nextEvent(this.locks, 'lost');
    await this.locks.forceRelease(this.locks.current().key);
    await lost;
    return 'too late';
  }

  @Locked('pages:<0>')
  async *handsBack(_id: string): AsyncGenerator<number> {
    yield 1;
    await this.locks.current().release();
    yield 2;
    yield 3;
  }

  @Locked('pages:<0>')
  async *delegate(id: string): AsyncGenerator<unknown, string, string | undefined> {
    return yield* this.read(id);
  }
}

describe('an async generator', () => {
  it('takes no lock until its first step, then holds it to the end', async () => {
    const pages = await startWith(Pages);
    const steps = pages.read('1');
    expect((await pages.locks.inspect('pages:1')).holders).toEqual([]);
    expect(await steps.next()).toEqual({ value: ['first', true], done: false });
    expect(await pages.locks.tryAcquire('pages:1')).toBeNull();
    await steps.return('enough');
    expect(await pages.locks.inspect('pages:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('passes values, what is sent to it and what it returns, with the lock as the current one in each step', async () => {
    const pages = await startWith(Pages);
    const steps = pages.read('1');
    await steps.next('nobody hears the first');
    expect(await steps.next('sent')).toEqual({ value: ['sent', true, 'pages:1'], done: false });
    expect(await steps.next('more')).toEqual({ value: 'end after more', done: true });
    expect(await steps.next()).toEqual({ value: undefined, done: true });
    expect(pages.log).toEqual(['cleanup', true]);
    expect(await pages.locks.inspect('pages:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('does not hold the lock for its caller between the steps', async () => {
    const pages = await startWith(Pages);
    const steps = pages.read('1');
    await steps.next();
    expect(pages.locks.holds('pages:1')).toBe(false);
    await steps.return('');
  });

  it('runs each step in its own caller’s context otherwise, and on top of locks held there', async () => {
    const pages = await startWith(Pages);
    const steps = pages.read('1');
    await steps.next();
    await pages.locks.withLock('other', async () => {
      await steps.next('sent');
      expect(pages.locks.current().key).toBe('other');
    });
    expect(await steps.next('more')).toEqual({ value: 'end after more', done: true });
  });

  it('that is left early cleans up under the lock, then gives it back', async () => {
    const pages = await startWith(Pages);
    for await (const page of pages.read('1')) {
      expect(page).toEqual(['first', true]);
      break;
    }
    expect(pages.log).toEqual(['cleanup', true]);
    expect(await pages.locks.inspect('pages:1')).toMatchObject({ holders: [], waiting: [] });
  });

  it('that is told to return, or to throw, before its first step takes no lock', async () => {
    const pages = await startWith(Pages);
    expect(await pages.read('1').return('early')).toEqual({ value: 'early', done: true });
    const error = new RangeError('early');
    expect(await rejection(pages.read('1').throw(error))).toBe(error);
    expect(pages.log).toEqual([]);
    expect((await pages.locks.inspect('pages:1')).lastFencingToken).toBeNull();
  });

  it('that is thrown at may catch, under the lock', async () => {
    const pages = await startWith(Pages);
    const steps = pages.read('1');
    await steps.next();
    const error = new RangeError('thrown in');
    expect(await steps.throw(error)).toEqual({ value: 'recovered', done: true });
    expect(pages.log).toEqual(['thrown', error, true, 'cleanup', true]);
    expect((await pages.locks.inspect('pages:1')).holders).toEqual([]);
  });

  it('passes its own error, with the key free by then', async () => {
    const pages = await startWith(Pages);
    const steps = pages.fail('1');
    await steps.next();
    expect(await rejection(steps.next())).toEqual(new RangeError('mine'));
    expect((await pages.locks.inspect('pages:1')).holders).toEqual([]);
  });

  it('that hands on to another with the same key enters the lock again', async () => {
    const pages = await startWith(Pages, { wait: 0 });
    const steps = pages.delegate('1');
    expect(await steps.next()).toEqual({ value: ['first', true], done: false });
    expect(await steps.return('enough')).toEqual({ value: 'enough', done: true });
    await keyBecomes(pages.locks, 'pages:1', isFree);
  });

  it('may give the lock back by hand before its end', async () => {
    const pages = await startWith(Pages);
    const seen: number[] = [];
    for await (const page of pages.handsBack('1')) seen.push(page);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('that loses its lock between two steps does not go on, and cleans up', async () => {
    const pages = await startWith(Pages);
    const steps = pages.shortLived('1');
    await steps.next();
    const lost = nextEvent(pages.locks, 'lost');
    await pages.locks.forceRelease('pages:1');
    await lost;
    expect(await rejection(steps.next())).toBeInstanceOf(LockLostError);
    expect(pages.log).toEqual(['cleanup']);
  });

  it('that loses its lock in its last step fails, with what it returned attached', async () => {
    const pages = await startWith(Pages);
    const steps = pages.lostInTheEnd('1');
    await steps.next();
    const error = await rejection<LockLostError>(steps.next());
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.result).toBe('too late');
  });

  it("that loses its lock goes on with onLost: 'ignore'", async () => {
    const pages = await startWith(Pages);
    const steps = pages.heedless('1');
    await steps.next();
    const lost = nextEvent(pages.locks, 'lost');
    await pages.locks.forceRelease('pages:1');
    await lost;
    expect(await steps.next()).toEqual({ value: 2, done: false });
    expect(await steps.next()).toEqual({ value: 'end', done: true });
  });
});

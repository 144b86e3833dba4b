/** What a locked method is called in events: after what its author wrote, never after the arguments of a call. */
import { firstValueFrom, of } from 'rxjs';
import type { Observable } from 'rxjs';
import { bindLocks } from '../../../lib/locked/bind-locks.js';
import { Locked } from '../../../lib/locked/locked.decorator.js';
import { openNeighbours } from '../../support/fakes/neighbours.js';

const BY_SYMBOL = Symbol('by symbol');
const LONG = `${'x'.repeat(190)}:<0>:${'y'.repeat(190)}`;

class Orders {
  @Locked('order:<0>')
  async template(_id: string): Promise<void> {}

  @Locked(['order:<0>', 'stock:<1.sku>'])
  async templates(_id: string, _item: { sku: string }): Promise<void> {}

  @Locked([{ key: 'order:<0>', mode: 'read' }, 'stock'])
  async shares(_id: string): Promise<void> {}

  @Locked((id: string) => `order:${id}`)
  async computed(_id: string): Promise<void> {}

  @Locked((id: string) => [`a:${id}`, `b:${id}`])
  async [BY_SYMBOL](_id: string): Promise<void> {}

  @Locked('order:<0>', { label: 'shipping' })
  async named(_id: string): Promise<void> {}

  @Locked('order:<0>', { label: '' })
  async nameless(_id: string): Promise<void> {}

  @Locked(LONG)
  async long(_id: string): Promise<void> {}

  @Locked('stream:<0>', { returns: 'observable' })
  stream(_id: string): Observable<number> {
    return of(1);
  }

  @Locked((id: string) => `steps:${id}`)
  async *steps(_id: string): AsyncGenerator<number, void, unknown> {
    yield 1;
  }
}

class SpecialOrders extends Orders {
  @Locked((id: string) => `special:${id}`)
  async special(id: string): Promise<void> {
    await this.computed(id);
  }
}

describe('the label of a locked method', () => {
  async function labelsOf(call: (orders: SpecialOrders) => Promise<unknown>): Promise<string[]> {
    const [a] = openNeighbours(1);
    await call(bindLocks(new SpecialOrders(), a!.locks));
    await Promise.resolve();
    expect(a!.events.every(({ type }) => type === 'acquired' || type === 'released')).toBe(true);
    return [...new Set(a!.events.map(({ label }) => label))];
  }

  it.each<[string, (orders: SpecialOrders) => Promise<unknown>, string[]]>([
    ['its template', (orders) => orders.template('7'), ['order:<0>']],
    ['all of its templates', (orders) => orders.templates('7', { sku: 's' }), ['order:<0> + stock:<1.sku>']],
    ['its templates, without how they are shared', (orders) => orders.shares('7'), ['order:<0> + stock']],
    ['its name, where a function finds the key', (orders) => orders.computed('7'), ['Orders.computed']],
    ['its name, also of a symbol', (orders) => orders[BY_SYMBOL]('7'), ['Orders.Symbol(by symbol)']],
    ['what its option says', (orders) => orders.named('7'), ['shipping']],
    ['nothing, where its option says so', (orders) => orders.nameless('7'), ['']],
    ['its template, cut where that is long', (orders) => orders.long('7'), [LONG.slice(0, 200)]],
    ['its template, of a stream', (orders) => firstValueFrom(orders.stream('7')), ['stream:<0>']],
    [
      'its name, of a generator',
      (orders) =>
        orders
          .steps('7')
          .next()
          .then(() => undefined),
      ['Orders.steps'],
    ],
    [
      'that of the class that has written it, of one that is inherited',
      (orders) => orders.special('7'),
      ['SpecialOrders.special', 'Orders.computed'],
    ],
  ])('is %s', async (_, call, labels) => {
    expect(await labelsOf(call)).toEqual(labels);
  });

  it('is what the option says of other calls, empty without one, and the outer one’s where a lock is entered again', async () => {
    const [a] = openNeighbours(1);
    await (await a!.locks.acquire('key')).release();
    await (await a!.locks.acquire('key', { label: 'own' })).release();
    await a!.locks.withLock('key', { label: 'outer' }, () => a!.locks.withLock('key', async () => undefined));
    const told = a!.events.map(({ type, label }) => [type, label]);
    expect(told).toEqual([
      ['acquired', ''],
      ['released', ''],
      ['acquired', 'own'],
      ['released', 'own'],
      ['acquired', 'outer'],
      ['acquired', 'outer'],
      ['released', 'outer'],
    ]);
  });
});

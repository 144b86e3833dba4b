/** Locked methods that share their keys: readers and writers, so many at a time, keys of different kinds in one call. */
import { Injectable } from '@nestjs/common';
import { Locked } from 'nestjs-distributed-lock';
import { LockTestingModule } from 'nestjs-distributed-lock/testing';
import { lockModule, start } from '../../support/apps/apps.js';
import { freshPrefix } from '../../support/servers/run-server.js';

interface Tenant {
  readonly id: string;
  readonly plan: { readonly exports: number };
}

/** What methods wait for before they end, so that they hold their locks meanwhile. */
class Door {
  open!: () => void;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));
  private inside = 0;
  private onEntered: () => unknown = () => undefined;

  async pass(result: string): Promise<string> {
    this.inside += 1;
    this.onEntered();
    await this.opened;
    return result;
  }

  /** Resolves when so many are inside. */
  holds(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.onEntered = () => this.inside === count && resolve();
      this.onEntered();
    });
  }
}

/** One that is open. */
function openDoor(): Door {
  const door = new Door();
  door.open();
  return door;
}

const BUSY = { wait: 0, onBusy: () => 'busy' } as const;

@Injectable()
class Office {
  @Locked('document:<0>', { mode: 'read', ...BUSY })
  read(_id: string, until: Door): Promise<string> {
    return until.pass('read');
  }

  @Locked('document:<0>', BUSY)
  write(_id: string, until = openDoor()): Promise<string> {
    return until.pass('written');
  }

  @Locked('document:<0>', { mode: (_: string, change: boolean) => (change ? 'write' : 'read'), ...BUSY })
  open(_id: string, _change: boolean, until: Door): Promise<string> {
    return until.pass('opened');
  }

  @Locked('exports:<0.id>', {
    concurrency: (tenant: Tenant) => tenant.plan.exports,
    weight: (_: Tenant, pages: number) => pages,
    ...BUSY,
  })
  export(_tenant: Tenant, _pages: number, until: Door): Promise<string> {
    return until.pass('exported');
  }

  @Locked((from: string, to: string) => [{ key: `document:${from}`, mode: 'read' }, `document:${to}`], BUSY)
  copy(_from: string, _to: string, until: Door): Promise<string> {
    return until.pass('copied');
  }

  @Locked([{ key: 'document:<0>', mode: 'read' }, 'document:<1>'], BUSY)
  compare(_from: string, _to: string, until: Door): Promise<string> {
    return until.pass('compared');
  }

  @Locked('newsletter', { minHold: '1h', ...BUSY })
  async send(): Promise<string> {
    return 'sent';
  }
}

/** Whoever asks with another application may be on another machine. */
async function openOffices(): Promise<[Office, Office]> {
  const prefix = freshPrefix();
  const open = async (): Promise<Office> =>
    (await start({ imports: [lockModule({ prefix })], providers: [Office] })).get(Office);
  return [await open(), await open()];
}

/** Both are one application here. */
async function openInMemory(): Promise<[Office, Office]> {
  const office = (await start({ imports: [LockTestingModule.forRoot()], providers: [Office] })).get(Office);
  return [office, office];
}

describe.each([
  ['two applications on Redis', openOffices],
  ['an application in memory', openInMemory],
])('the locked methods of %s', (_, open) => {
  it('read together, and write alone', async () => {
    const [one, other] = await open();
    const door = new Door();
    const readers = [one.read('a', door), other.read('a', door), one.open('a', false, door)];
    await door.holds(3);
    await expect(other.open('a', true, door)).resolves.toBe('busy');
    await expect(other.write('a')).resolves.toBe('busy');
    await expect(other.write('b')).resolves.toBe('written');
    door.open();
    await expect(Promise.all(readers)).resolves.toEqual(['read', 'read', 'opened']);
    const writing = new Door();
    const writer = other.write('a', writing);
    await writing.holds(1);
    await expect(other.write('b')).resolves.toBe('written');
    await expect(one.read('a', door)).resolves.toBe('busy');
    writing.open();
    await expect(writer).resolves.toBe('written');
  });

  it('come in as far as the arguments let them', async () => {
    const [one, other] = await open();
    const [door, tenant] = [new Door(), { id: 't', plan: { exports: 3 } }];
    const first = [one.export(tenant, 1, door), one.export(tenant, 1, door)];
    const another = one.export({ ...tenant, id: 'u' }, 3, door);
    await door.holds(3);
    await expect(other.export(tenant, 2, door)).resolves.toBe('busy');
    const last = other.export(tenant, 1, door);
    await door.holds(4);
    await expect(one.export(tenant, 1, door)).resolves.toBe('busy');
    door.open();
    await expect(Promise.all([...first, another, last])).resolves.toEqual(Array(4).fill('exported'));
  });

  it.each(['copy', 'compare'] as const)('read one key and write another in one call: %s', async (method) => {
    const [one, other] = await open();
    const [door, past] = [new Door(), openDoor()];
    const busy = one[method]('a', 'b', door);
    await door.holds(1);
    await expect(one.write('c')).resolves.toBe('written');
    await expect(other.read('a', past)).resolves.toBe('read');
    await expect(other.write('a')).resolves.toBe('busy');
    await expect(other.read('b', past)).resolves.toBe('busy');
    door.open();
    await busy;
    await expect(other.write('a')).resolves.toBe('written');
  });

  it('stay locked for as long as they want to, however short the work was', async () => {
    const [one, other] = await open();
    await expect(one.send()).resolves.toBe('sent');
    await expect(other.send()).resolves.toBe('busy');
    await expect(one.send()).resolves.toBe('busy');
  });
});

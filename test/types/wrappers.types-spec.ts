/** What is inferred of the wrappers around a lock, and what of the `unless` of `@Locked` the compiler refuses. */
import { of } from 'rxjs';
import type { Observable } from 'rxjs';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { Leadership, LockBusyError, LockOutcome, LockTimeoutError, OnceOutcome } from 'nestjs-distributed-lock';

declare const locks: LockService;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

interface Rates {
  readonly day: string;
}

export async function results(): Promise<void> {
  const outcome = await locks.tryWithLock('k', async () => 1);
  same<typeof outcome, LockOutcome<number>>(true);
  if (outcome.acquired) same<typeof outcome.result, number>(true);
  else same<typeof outcome.error, LockBusyError | LockTimeoutError>(true);

  const once = await locks.once('k', async () => 'a', { within: '1m' });
  same<typeof once, OnceOutcome<string>>(true);
  if (once.ran) same<typeof once.result, string>(true);
  // @ts-expect-error -- there is a result only where it ran
  void once.result;
  // @ts-expect-error -- it has to be told in what time
  void locks.once('k', () => 1, {});
  // @ts-expect-error -- it never waits
  void locks.once('k', () => 1, { within: '1m', wait: 5 });

  const found = await locks.singleFlight('k', {
    read: async (): Promise<Rates | undefined> => undefined,
    run: async (lock): Promise<Rates> => ({ day: String(lock.fencingToken) }),
  });
  same<typeof found, Rates>(true);
  const plain = await locks.singleFlight('k', { read: () => undefined, run: () => 5 }, { ttl: '5s' });
  same<typeof plain, number>(true);
  // @ts-expect-error -- both are needed
  void locks.singleFlight('k', { read: () => 1 });
  // @ts-expect-error -- null is a result, which is not one of run
  void locks.singleFlight<number>('k', { read: async (): Promise<number | null> => null, run: () => 5 });

  const leadership = locks.lead('k', async (signal, lock) => void (signal.aborted || lock.fencingToken));
  same<typeof leadership, Leadership>(true);
  // @ts-expect-error -- work that lasts is a promise
  void locks.lead('k', () => 1);
  // @ts-expect-error -- a leader waits without end
  void locks.lead('k', async () => 1, { wait: '5s' });
}

export class Accepted {
  private readonly cache = new Map<string, string>();

  @Locked('k:<0>', { unless: (id: string) => (id === '' ? 'none' : undefined) }) async plain(id: string) {
    return id;
  }
  @Locked('k:<0>', { unless: async (id: string): Promise<string | undefined> => id }) async promised(id: string) {
    return id;
  }
  @Locked('k:<0>', {
    unless(this: Accepted, id: string) {
      return this.cache.get(id);
    },
  })
  async ofObject(id: string): Promise<string> {
    return id;
  }
  @Locked('k:<0>', { unless: () => undefined, onBusy: 'skip' }) async fewer(id: string): Promise<string | undefined> {
    return id;
  }
  @Locked('k:<0>', { unless: (id: string) => id === '' || undefined }) async flag(id: string): Promise<boolean> {
    return id === '';
  }
  @Locked('k', { unless: () => true as const }) async nothing(): Promise<void> {}
  @Locked('k', { unless: async () => (Math.random() > 1 ? true : undefined) }) async nothingLater(): Promise<void> {}
  @Locked('k', { unless: undefined }) async undefinedOption(): Promise<void> {}
}

export class OfAnything<T extends { id: string }> {
  @Locked('k:<0.id>', { unless: (entity: { id: string }) => (entity.id === '' ? 0 : undefined) })
  async count(entity: T): Promise<number> {
    return entity.id.length;
  }
}

export class Refused {
  // @ts-expect-error -- its value is not a result of the method
  @Locked('k:<0>', { unless: () => 1 }) async value(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error -- null is not undefined: it would be the result
  @Locked('k:<0>', { unless: (): string | null => null }) async nullish(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error -- nor later
  @Locked('k:<0>', { unless: async () => 1 }) async later(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error -- its parameters are not those of the method
  @Locked('k:<0>', { unless: (id: number) => String(id) }) async parameters(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error -- it wants more than the method gets
  @Locked('k:<0>', { unless: (id: string, more: string) => id + more }) async more(id: string): Promise<string> {
    return id;
  }
  // @ts-expect-error -- false would be a result, so the method would never run
  @Locked('k', { unless: () => Math.random() > 1 }) async nothing(): Promise<void> {}
  // @ts-expect-error -- an Observable may have many results
  @Locked('k', { unless: () => 1 }) observable(): Observable<number> {
    return of(1);
  }
  // @ts-expect-error -- so may a generator
  @Locked('k', { unless: () => 1 }) async *generator() {
    yield 1;
  }
  // @ts-expect-error -- `this` is another object
  @Locked('k', { unless(this: Accepted) {} }) async ofAnother(): Promise<void> {}
  // @ts-expect-error -- a function
  @Locked('k', { unless: 'cached' }) async text(): Promise<string> {
    return '';
  }
}

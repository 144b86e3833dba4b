/** Decorated methods of every kind. They run what they are given while they hold their key. */
import { Injectable } from '@nestjs/common';
import { defer, map, Observable } from 'rxjs';
import { Locked, LockService } from '../../../lib/index.js';
import type { Lock } from '../../../lib/index.js';

type Body = (lock: Lock) => Promise<void>;

/** How long its methods wait. */
export const SECTION_WAIT = 1_000;

@Injectable()
export class Sections {
  constructor(private readonly locks: LockService) {}

  @Locked('<0>', { ttl: 400, wait: SECTION_WAIT })
  async promise(key: string, body: Body): Promise<string> {
    await body(this.locks.current());
    return key;
  }

  @Locked('<0>', { ttl: 900, wait: SECTION_WAIT, fair: true })
  observable(key: string, body: Body): Observable<string> {
    return defer(() => body(this.locks.current())).pipe(map(() => key));
  }

  @Locked('<0>', { ttl: 250, wait: SECTION_WAIT })
  async *generator(key: string, body: Body): AsyncGenerator<string> {
    await body(this.locks.current());
    yield key;
  }
}

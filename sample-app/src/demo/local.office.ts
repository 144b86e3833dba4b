/** An office as one of several applications in this process, for when there is no Redis. */
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { LockService } from 'nestjs-distributed-lock';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { AppModule } from '../app.module.js';
import type { OfficeConfig } from '../office.config.js';
import { Ledger } from '../settlement/ledger.js';
import type { Office, OfficeEvent } from './office.js';

export class LocalOffice implements Office {
  readonly events$: Observable<OfficeEvent>;

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly app: INestApplication,
  ) {
    this.events$ = this.locks.events$.pipe(map(({ type, key }) => ({ type, key, office: name })));
  }

  static async open(config: OfficeConfig): Promise<LocalOffice> {
    const app = await NestFactory.create(AppModule.forRoot(config), { logger: ['error'], abortOnError: false });
    await app.listen(0, '127.0.0.1');
    return new LocalOffice(config.office, await app.getUrl(), app);
  }

  /** Ends it in good order, as a deployment does; it can't be killed without the others. */
  async close(): Promise<void> {
    await this.app.close();
  }

  get locks(): LockService {
    return this.app.get(LockService);
  }

  get ledger(): Ledger {
    return this.app.get(Ledger);
  }
}

/** `LockExceptionFilter`: what HTTP clients are told, on Express and Fastify, and that it leaves other transports alone. */
import type { ServerResponse } from 'node:http';
import { Controller, Get, HttpException, Inject, NotFoundException, Param, Res, UseFilters } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import {
  LockBusyError,
  Locked,
  LockExceptionFilter,
  LockKeyError,
  LockLostError,
  LockNotHeldError,
  LockOptionsError,
  LockService,
  LockShutdownError,
  LockTimeoutError,
  LockUnavailableError,
} from 'nestjs-distributed-lock';
import type { LockError } from 'nestjs-distributed-lock';
import { ADAPTERS, lockModule, startHttp } from './support/apps.js';
import type { Adapter } from './support/apps.js';
import { rejection } from './support/waiting.js';

const details = { key: 'secret:key', retryAfterMs: 1_200 };
const ERRORS: Record<string, Error> = {
  busy: new LockBusyError('secret', details),
  timeout: new LockTimeoutError('secret', details),
  unavailable: new LockUnavailableError('secret', { key: 'secret:key' }),
  shutdown: new LockShutdownError('secret', details),
  soon: new LockBusyError('secret', { retryAfterMs: 0 }),
  key: new LockKeyError('secret'),
  options: new LockOptionsError('secret'),
  lost: new LockLostError('secret'),
  notHeld: new LockNotHeldError('secret'),
  notFound: new NotFoundException('no such order'),
  teapot: new HttpException('short and stout', 418),
  bug: new RangeError('secret'),
};

@Controller()
class OrdersController {
  @Inject() readonly locks!: LockService;

  @Get('throw/:name')
  async throw(@Param('name') name: string): Promise<void> {
    throw ERRORS[name];
  }

  @Get('busy/:id')
  @Locked('order:<0>', { wait: 0 })
  async busy(@Param('id') id: string): Promise<string> {
    return id;
  }

  @Get('impatient/:id')
  @Locked('order:<0>', { wait: 300 })
  async impatient(@Param('id') id: string): Promise<string> {
    return id;
  }

  @Get('begun')
  async begun(@Res() response: ServerResponse): Promise<void> {
    await new Promise<void>((resolve) => response.write('begun', () => resolve()));
    throw ERRORS['busy'];
  }
}

/** The same controller, with the filter as a class of its own. */
@UseFilters(LockExceptionFilter)
@Controller()
class FilteredController extends OrdersController {}

const USES = {
  APP_FILTER: (adapter: Adapter) =>
    startHttp(
      {
        imports: [lockModule()],
        controllers: [OrdersController],
        providers: [{ provide: APP_FILTER, useClass: LockExceptionFilter }],
      },
      adapter,
    ),
  useGlobalFilters: (adapter: Adapter) =>
    startHttp({ imports: [lockModule()], controllers: [OrdersController] }, adapter, (app) =>
      app.useGlobalFilters(new LockExceptionFilter(app.getHttpAdapter())),
    ),
  'useGlobalFilters without an adapter': (adapter: Adapter) =>
    startHttp({ imports: [lockModule()], controllers: [OrdersController] }, adapter, (app) =>
      app.useGlobalFilters(new LockExceptionFilter()),
    ),
  UseFilters: (adapter: Adapter) => startHttp({ imports: [lockModule()], controllers: [FilteredController] }, adapter),
};

describe.each(ADAPTERS)('on %s', (adapter) => {
  describe.each(Object.entries(USES))('as %s', (_use, use) => {
    it('answers busy, timeout, unavailable and shutdown with a status and Retry-After, and tells no key', async () => {
      const { url } = await use(adapter);
      const answers = [];
      for (const name of ['busy', 'timeout', 'unavailable', 'shutdown', 'soon']) {
        const response = await fetch(`${url}/throw/${name}`);
        const text = await response.text();
        expect(text).not.toContain('secret');
        const body = JSON.parse(text) as { statusCode: number; code: string };
        expect(body.statusCode).toBe(response.status);
        answers.push([name, response.status, response.headers.get('retry-after'), body.code]);
      }
      expect(answers).toEqual([
        ['busy', 409, '2', 'LOCK_BUSY'],
        ['timeout', 423, '2', 'LOCK_TIMEOUT'],
        ['unavailable', 503, '1', 'LOCK_UNAVAILABLE'],
        ['shutdown', 503, '2', 'LOCK_SHUTDOWN'],
        ['soon', 409, '1', 'LOCK_BUSY'],
      ]);
    });

    it('answers a handler that could not get its lock', async () => {
      const { app, url } = await use(adapter);
      const lock = await app.get(LockService).acquire('order:1', { ttl: '90s' });
      const [busy, impatient] = await Promise.all([fetch(`${url}/busy/1`), fetch(`${url}/impatient/1`)]);
      expect([busy.status, impatient.status]).toEqual([409, 423]);
      expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(30);
      await lock.release();
      expect(await (await fetch(`${url}/busy/1`)).text()).toBe('1');
    });

    it('leaves other lock errors a 500 that says nothing, and other errors as they are', async () => {
      const { url } = await use(adapter);
      for (const name of ['key', 'options', 'lost', 'notHeld', 'bug']) {
        const response = await fetch(`${url}/throw/${name}`);
        expect([name, response.status, response.headers.get('retry-after')]).toEqual([name, 500, null]);
        expect(await response.text()).not.toContain('secret');
      }
      expect(await (await fetch(`${url}/throw/notFound`)).json()).toMatchObject({ message: 'no such order' });
      expect((await fetch(`${url}/throw/teapot`)).status).toBe(418);
    });
  });
});

it.each(Object.entries(USES))('an answer that had begun is ended, and the server goes on: as %s', async (_, use) => {
  const { url } = await use('Express');
  const begun = await fetch(`${url}/begun`);
  expect([begun.status, await begun.text()]).toEqual([200, 'begun']);
  expect((await fetch(`${url}/throw/busy`)).status).toBe(409);
});

describe('on other transports', () => {
  const filter = new LockExceptionFilter();
  const host = (type: string, client: unknown = {}): ArgumentsHost =>
    ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;

  it('a microservice: the error travels on as it is', async () => {
    const error = ERRORS['busy'] as LockError;
    const answer = filter.catch(error, host('rpc')) as Observable<never>;
    expect(await rejection(firstValueFrom(answer))).toBe(error);
  });

  it('a gateway: the client gets an exception event that tells no key', () => {
    const emitted: unknown[] = [];
    const client = { emit: (...args: unknown[]) => emitted.push(args) };
    filter.catch(ERRORS['timeout'] as LockError, host('ws', client));
    filter.catch(ERRORS['lost'] as LockError, host('ws', client));
    expect(emitted).toEqual([
      ['exception', { status: 'error', code: 'LOCK_TIMEOUT', message: expect.not.stringContaining('secret') }],
      ['exception', { status: 'error', code: 'LOCK_LOST', message: 'Internal server error' }],
    ]);
    expect(() => filter.catch(ERRORS['busy'] as LockError, host('ws'))).not.toThrow();
  });

  it('GraphQL and anything else: the error is thrown on', () => {
    expect(() => filter.catch(ERRORS['busy'] as LockError, host('graphql'))).toThrow(ERRORS['busy']);
  });
});

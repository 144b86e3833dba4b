/** `LockExceptionFilter`: what HTTP clients are told, on Express and Fastify, and those of other transports. */
import type { ServerResponse } from 'node:http';
import { jest } from '@jest/globals';
import {
  Controller,
  Get,
  HttpException,
  Inject,
  Logger,
  NotFoundException,
  Param,
  Query,
  Res,
  UseFilters,
} from '@nestjs/common';
import type { ArgumentsHost, ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import {
  LockBusyError,
  Locked,
  LockError,
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
import { ADAPTERS, lockModule, startHttp } from '../support/apps/apps.js';
import type { Adapter } from '../support/apps/apps.js';
import { rejection } from '../support/waiting.js';

function lostWith(result: string): LockLostError {
  const error = new LockLostError('secret', { key: 'secret' });
  error.result = { result };
  return error;
}

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
  lostWithResult: lostWith('secret'),
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

  @Get('by-query')
  @Locked('order:<0>')
  async byQuery(@Query('id') id: string): Promise<string> {
    return id;
  }

  @Get('by-function')
  @Locked((id: string) => id)
  async byFunction(@Query('id') id: string): Promise<string> {
    return id;
  }

  @Get('by-bug')
  @Locked((id: string) => id.toUpperCase())
  async byBug(@Query('id') id: string): Promise<string> {
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
      // Most of 90 s are left of the lease, but few sections last as long as their lease.
      expect([busy.headers.get('retry-after'), impatient.headers.get('retry-after')]).toEqual(['5', '5']);
      await lock.release();
      expect(await (await fetch(`${url}/busy/1`)).text()).toBe('1');
    });

    it('answers 400 where the arguments of a request can’t name a lock, and 500 where the code can’t', async () => {
      const { url } = await use(adapter);
      const status = async (path: string): Promise<number> => (await fetch(`${url}/${path}`)).status;
      expect(await status('by-query?id=1')).toBe(200);
      for (const query of ['?id=1&id=2', '', '?id=']) {
        const response = await fetch(`${url}/by-query${query}`);
        expect([query, response.status, response.headers.get('retry-after')]).toEqual([query, 400, null]);
        const body = (await response.json()) as object;
        expect(body).toMatchObject({ statusCode: 400, error: 'Bad Request', code: 'LOCK_KEY' });
        expect(JSON.stringify(body)).not.toMatch(/order|argument 0/);
      }
      expect([await status('by-function'), await status('by-function?id=')]).toEqual([400, 400]);
      // What a key function throws is its own bug, as far as anybody can know.
      expect([await status('by-bug'), await status('by-bug?id=a')]).toEqual([500, 200]);
    });

    it('leaves other lock errors a 500 that says nothing, and other errors as they are', async () => {
      const { url } = await use(adapter);
      for (const name of ['key', 'options', 'lost', 'lostWithResult', 'notHeld', 'bug']) {
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

describe('options', () => {
  const MORE: Record<string, ModuleMetadata> = {
    'APP_FILTER with useValue': {
      providers: [
        {
          provide: APP_FILTER,
          useValue: LockExceptionFilter.with({ statuses: { LOCK_BUSY: 429, LOCK_LOST: 409 }, maxRetryAfter: '60s' }),
        },
      ],
    },
    'APP_FILTER with useFactory': {
      providers: [
        {
          provide: APP_FILTER,
          inject: [HttpAdapterHost],
          useFactory: ({ httpAdapter }: HttpAdapterHost) =>
            new LockExceptionFilter(httpAdapter, {
              statuses: { LOCK_BUSY: 429, LOCK_LOST: 409 },
              maxRetryAfter: 60_000,
            }),
        },
      ],
    },
  };

  describe.each(ADAPTERS)('on %s', (adapter) => {
    it.each(Object.entries(MORE))('choose statuses and Retry-After: %s', async (_, more) => {
      const { app, url } = await startHttp(
        { imports: [lockModule()], controllers: [OrdersController], ...more },
        adapter,
      );
      await app.get(LockService).acquire('order:1', { ttl: '30s' });
      const busy = await fetch(`${url}/busy/1`);
      expect([busy.status, Number(busy.headers.get('retry-after'))]).toEqual([429, expect.closeTo(30, -1)]);
      expect(await busy.json()).toMatchObject({ statusCode: 429, error: 'Too Many Requests', code: 'LOCK_BUSY' });
      const lost = await fetch(`${url}/throw/lostWithResult`);
      const text = await lost.text();
      expect([lost.status, lost.headers.get('retry-after')]).toEqual([409, null]);
      expect(JSON.parse(text)).toEqual({ statusCode: 409, error: 'Conflict', message: 'Conflict', code: 'LOCK_LOST' });
      expect((await fetch(`${url}/throw/timeout`)).status).toBe(423);
    });
  });

  it.each<[string, object]>([
    ['statuses.LOCK_BUSY', { statuses: { LOCK_BUSY: 200 } }],
    ['statuses.LOCK_BUSY', { statuses: { LOCK_BUSY: '409' } }],
    ['statuses', { statuses: { LOCK_BUZY: 409 } }],
    ['statuses', { statuses: null }],
    ['maxRetryAfter', { maxRetryAfter: '5 parsecs' }],
    ['maxRetryAfter', { maxRetryAfter: 999 }],
    ['maxRetryAfter', { maxRetryAfter: Infinity }],
    ['options', { retryAfter: 5 }],
    ['options', [409]],
  ])('that are wrong are refused at once: %s of %j', (name, options) => {
    expect(() => LockExceptionFilter.with(options)).toThrow(
      expect.objectContaining({ code: 'LOCK_OPTIONS', message: expect.stringContaining(`Invalid option \`${name}\``) }),
    );
  });
});

describe('on other transports', () => {
  const filter = new LockExceptionFilter();
  const host = (type: string, client: unknown = {}): ArgumentsHost =>
    ({ getType: () => type, switchToWs: () => ({ getClient: () => client }) }) as unknown as ArgumentsHost;
  const LOCK_ERRORS = Object.entries(ERRORS).filter(
    (each): each is [string, LockError] => each[1] instanceof LockError,
  );
  let logged: ReturnType<typeof jest.spyOn>;

  beforeEach(() => {
    logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each(LOCK_ERRORS)('a microservice’s client is told a sentence and the code: %s', async (_, error) => {
    const told = await rejection<object>(firstValueFrom(filter.catch(error, host('rpc')) as Observable<never>));
    expect(told).toEqual({ status: 'error', message: expect.any(String), code: error.code });
    expect(Object.getPrototypeOf(told)).toBe(Object.prototype);
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it.each(LOCK_ERRORS)('a gateway’s client gets an exception event that tells no more: %s', (_, error) => {
    const emitted: unknown[] = [];
    filter.catch(error, host('ws', { emit: (...args: unknown[]) => emitted.push(args) }));
    expect(emitted).toEqual([['exception', { status: 'error', message: expect.any(String), code: error.code }]]);
    expect(JSON.stringify(emitted)).not.toContain('secret');
    expect(() => filter.catch(error, host('ws'))).not.toThrow();
    expect(() => filter.catch(error, host('ws', undefined))).not.toThrow();
  });

  it('a client of ws gets it as a message, as its emit would reach nobody', () => {
    const sent: string[] = [];
    const emit = jest.fn();
    filter.catch(
      ERRORS['busy'] as LockError,
      host('ws', { readyState: 1, emit, send: (text: string) => sent.push(text) }),
    );
    expect(sent.map((text) => JSON.parse(text) as unknown)).toEqual([
      { event: 'exception', data: { status: 'error', message: 'The resource is in use.', code: 'LOCK_BUSY' } },
    ]);
    expect(emit).not.toHaveBeenCalled();
  });

  it.each(LOCK_ERRORS)('GraphQL reports a sentence, and the code in its extensions: %s', (_, error) => {
    let thrown: (Error & { extensions: { code: string } }) | undefined;
    try {
      filter.catch(error, host('graphql'));
    } catch (each) {
      thrown = each as typeof thrown;
    }
    expect(thrown!.extensions.code).toBe(error.code);
    expect([thrown!.message, JSON.stringify(thrown), String(thrown!.cause)].join()).not.toContain('secret');
  });

  it('what is the server’s own fault is in its log, once', async () => {
    const transports = ['rpc', 'ws', 'graphql'];
    for (const type of transports) {
      for (const name of ['busy', 'lost']) {
        try {
          const answer = filter.catch(ERRORS[name] as LockError, host(type));
          if (type === 'rpc') await rejection(firstValueFrom(answer as Observable<never>));
        } catch {
          // As GraphQL has it.
        }
      }
    }
    expect(logged.mock.calls).toEqual(transports.map(() => [ERRORS['lost']]));
  });

  it('anything else: the error is thrown on', () => {
    expect(() => filter.catch(ERRORS['busy'] as LockError, host('telegram'))).toThrow(ERRORS['busy']);
  });
});

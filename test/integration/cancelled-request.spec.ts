/** The recipe "Give up with the request": the wait ends with the client, and Nest takes it for no error of the program. */
import { once } from 'node:events';
import { get } from 'node:http';
import type { ServerResponse } from 'node:http';
import { Controller, Get, HttpException, Inject, Param, Res } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';
import { Locked, LockService } from 'nestjs-distributed-lock';
import { lockModule, startHttp } from '../support/apps/apps.js';
import { nextEvent } from '../support/waiting.js';

function untilClosed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort(new HttpException('The client has gone', 499)));
  return controller.signal;
}

@Controller()
class OrdersController {
  @Inject() readonly locks!: LockService;

  @Get(':id')
  @Locked('order:<0>', { wait: '30s', signal: (_id: string, response: ServerResponse) => untilClosed(response) })
  async ship(@Param('id') id: string, @Res({ passthrough: true }) _response: ServerResponse): Promise<string> {
    return id;
  }
}

it('a client that goes ends its wait, and nothing is logged', async () => {
  const logged: unknown[] = [];
  const log = (...said: unknown[]): void => void logged.push(said);
  const logger: LoggerService = { log: () => undefined, error: log, warn: log, fatal: log };
  const metadata = { imports: [lockModule()], controllers: [OrdersController] };
  const { app, url } = await startHttp(metadata, 'Express', (each) => each.useLogger(logger));
  const { locks } = app.get(OrdersController);
  const held = await locks.acquire('order:1');
  const waiting = nextEvent(locks, 'waiting');
  const request = get(`${url}/1`, { agent: false });
  await waiting;
  const ended = nextEvent(locks, 'refused');
  request.once('error', () => undefined).destroy();
  await ended;
  expect((await locks.inspect('order:1')).waiting).toEqual([]);
  await held.release();
  // Answered by now: another request is.
  const [response] = (await once(get(`${url}/1`, { agent: false }), 'response')) as [{ statusCode: number }];
  expect([response.statusCode, logged]).toEqual([200, []]);
});

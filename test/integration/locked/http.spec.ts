/** `@Locked` on HTTP handlers: above and below `@Get`, with guards, pipes and interceptors, on Express and Fastify. */
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Scope,
  SetMetadata,
  Sse,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { interval, map, Observable, of } from 'rxjs';
import { Locked, LockService } from 'nestjs-distributed-lock';
import type { LockEvent } from 'nestjs-distributed-lock';
import { ADAPTERS, lockModule, startHttp } from '../../support/apps/apps.js';
import { isFree, keyBecomes, until } from '../../support/waiting.js';

/** Lets in who is allowed by metadata of the handler. */
@Injectable()
class AllowedGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.get<boolean>('allowed', context.getHandler());
  }
}

/** Wraps what the handler answers, with the name by which it knows it. */
@Injectable()
class NamingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<object> {
    return next.handle().pipe(map((answer: unknown) => ({ handler: context.getHandler().name, answer })));
  }
}

@Controller('orders')
@UseGuards(AllowedGuard)
class OrdersController {
  @Inject() readonly locks!: LockService;

  @Locked('order:<0>')
  @Get('above/:id')
  @SetMetadata('allowed', true)
  @UseInterceptors(NamingInterceptor)
  async above(@Param('id', ParseIntPipe) id: number): Promise<unknown[]> {
    return [id, this.locks.holds(`order:${id}`)];
  }

  @Get('below/:id')
  @SetMetadata('allowed', true)
  @UseInterceptors(NamingInterceptor)
  @Locked('order:<0>')
  async below(@Param('id', ParseIntPipe) id: number): Promise<unknown[]> {
    return [id, this.locks.holds(`order:${id}`)];
  }

  @Post()
  @Locked('order:<0.id>')
  @HttpCode(202)
  @SetMetadata('allowed', true)
  async create(@Body() order: { id: string }): Promise<boolean> {
    return this.locks.holds(`order:${order.id}`);
  }

  @Get('stream/:id')
  @SetMetadata('allowed', true)
  @Locked('stream:<0>')
  stream(@Param('id') id: string): Observable<string[]> {
    return of([this.locks.current().key, id]);
  }

  @Sse('events/:id')
  @SetMetadata('allowed', true)
  @Locked('events:<0>')
  events(@Param('id') id: string): Observable<{ data: string }> {
    return interval(1).pipe(map(() => ({ data: String(this.locks.holds(`events:${id}`)) })));
  }

  @Locked('forbidden:<0>')
  @Get('forbidden/:id')
  @SetMetadata('allowed', false)
  async forbidden(@Param('id') id: string): Promise<string> {
    return id;
  }

  @Get('missing/:id')
  @SetMetadata('allowed', true)
  @Locked('missing:<0>')
  async missing(@Param('id') id: string): Promise<string> {
    throw new NotFoundException(`no order ${id}`);
  }

  @Get('secret/:id')
  @SetMetadata('allowed', true)
  @Locked('missing:<0>')
  secret(@Param('id') id: string): Observable<string> {
    return new Observable((subscriber) => subscriber.error(new ForbiddenException(`not order ${id}`)));
  }
}

@Controller({ path: 'per-request', scope: Scope.REQUEST })
class PerRequestController {
  constructor(readonly locks: LockService) {}

  @Get(':id')
  @Locked('order:<0>')
  async get(@Param('id') id: string): Promise<boolean> {
    return this.locks.holds(`order:${id}`);
  }
}

const metadata = () => ({ imports: [lockModule()], controllers: [OrdersController, PerRequestController] });

describe.each(ADAPTERS)('handlers on %s', (adapter) => {
  it('above and below @Get: route, guard, pipe, interceptor and status work, and the lock is held', async () => {
    const { url } = await startHttp(metadata(), adapter);
    const answerOf = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`)).json();
    expect(await answerOf('orders/above/7')).toEqual({ handler: 'above', answer: [7, true] });
    expect(await answerOf('orders/below/7')).toEqual({ handler: 'below', answer: [7, true] });
    expect(await answerOf('per-request/7')).toBe(true);
    expect(await answerOf('orders/above/seven')).toMatchObject({ statusCode: 400 });
    const created = await fetch(`${url}/orders`, {
      method: 'POST',
      body: '{"id":"7"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(created.status).toBe(202);
    expect(await created.json()).toBe(true);
  });

  it('an Observable: its last value, and the key is free afterwards', async () => {
    const { app, url } = await startHttp(metadata(), adapter);
    expect(await (await fetch(`${url}/orders/stream/7`)).json()).toEqual(['stream:7', '7']);
    expect(await app.get(LockService).inspect('stream:7')).toMatchObject({ holders: [], waiting: [] });
  });

  it('server-sent events: the lock is held until the client leaves', async () => {
    const { app, url } = await startHttp(metadata(), adapter);
    const request = get(`${url}/orders/events/7`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text.includes('data: true'));
    expect((await app.get(LockService).inspect('events:7')).holders).not.toEqual([]);
    request.destroy();
    await keyBecomes(app.get(LockService), 'events:7', isFree);
  });

  it('a refused request takes no lock', async () => {
    const { app, url } = await startHttp(metadata(), adapter);
    const events: LockEvent[] = [];
    app.get(LockService).events$.subscribe((event) => events.push(event));
    expect((await fetch(`${url}/orders/forbidden/7`)).status).toBe(403);
    expect((await fetch(`${url}/orders/above/seven`)).status).toBe(400);
    expect(events).toEqual([]);
  });

  it("the handler's own errors keep their status", async () => {
    const { app, url } = await startHttp(metadata(), adapter);
    const missing = await fetch(`${url}/orders/missing/7`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ message: 'no order 7' });
    expect((await fetch(`${url}/orders/secret/7`)).status).toBe(403);
    await keyBecomes(app.get(LockService), 'missing:7', isFree);
  });
});

/** A Nest application over HTTP that shuts down on SIGTERM as applications in production do. */
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { DistributedLockModule, Locked, LockExceptionFilter, LockService } from '../../../lib/index.js';
import { serve, settings, tell } from './serve.js';

interface Settings {
  readonly url: string;
  readonly prefix: string;
  readonly ttl: number;
  readonly grace: number;
}

const { url, prefix, ttl, grace } = settings<Settings>();
const ends = new Map<string, () => void>();

@Controller()
class Sections implements OnApplicationShutdown {
  constructor(private readonly locks: LockService) {}

  @Get(':key')
  @Locked('<0>')
  async run(@Param('key') key: string): Promise<string> {
    const { token, signal } = this.locks.current();
    const ended = new Promise<void>((resolve) => ends.set(key, resolve));
    signal.addEventListener('abort', () => {
      const { code, cause } = signal.reason as { code: string; cause?: { code?: string } };
      tell('aborted', { key, code, cause: cause?.code });
    });
    tell('running', { key, token });
    await ended;
    return `worked on ${key}`;
  }

  /** By now every module has heard that the application closes. */
  onApplicationShutdown(): void {
    tell('closing');
  }
}

@Module({
  imports: [
    DistributedLockModule.forRoot({
      logger: false,
      connection: url,
      prefix,
      ttl,
      wait: Infinity,
      shutdownGrace: grace,
    }),
  ],
  controllers: [Sections],
})
class ServerModule {}

const app = await NestFactory.create(ServerModule, { logger: ['warn'] });
app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });
app.useGlobalFilters(new LockExceptionFilter(app.get(HttpAdapterHost).httpAdapter));
await app.listen(0, '127.0.0.1');
const address = await app.getUrl();
const [locks, sections] = [app.get(LockService), app.get(Sections)];
locks.events$.subscribe(({ type, key, token }) => tell(type, { key, token }));

serve({
  address: () => address,
  run: (key: string) => sections.run(key),
  end: (key: string) => ends.get(key)!(),
  acquire: (key: string) => locks.acquire(key).then(() => null),
});

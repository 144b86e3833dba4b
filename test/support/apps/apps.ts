/** Starts real Nest applications, each with names in Redis of its own, and closes at the end of a test what it left open. */
import 'reflect-metadata';
import type { DynamicModule, INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { TestingModule, TestingModuleBuilder } from '@nestjs/testing';
import { DistributedLockModule } from 'nestjs-distributed-lock';
import type { DistributedLockModuleExtras, DistributedLockModuleOptions } from 'nestjs-distributed-lock';
import { atEnd } from '../at-end.js';
import { freshPrefix, REDIS_URL } from '../servers/run-server.js';

/** What {@link startHttp} can serve with. */
export const ADAPTERS = ['Express', 'Fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** Has a resource closed at the end of the test, unless the test does it. */
export function closeAfterTest<Closable extends { close(): Promise<void> }>(resource: Closable): Closable {
  const close = resource.close.bind(resource);
  let isOpen = true;
  resource.close = () => {
    isOpen = false;
    return close();
  };
  atEnd(() => (isOpen ? resource.close() : undefined));
  return resource;
}

/** The lock module on the Redis of the run. The short grace time is for tests that fail while they hold a lock. */
export function lockModule(options: DistributedLockModuleOptions & DistributedLockModuleExtras = {}): DynamicModule {
  const defaults = { connection: REDIS_URL, prefix: freshPrefix(), shutdownGrace: '500ms', logger: false } as const;
  return DistributedLockModule.forRoot({ ...defaults, ...options });
}

/** How to start an application: its module, and what a test changes about it. */
export interface StartOptions extends ModuleMetadata {
  configure?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** Starts an application without a server. */
export async function start({ configure = (builder) => builder, ...metadata }: StartOptions): Promise<TestingModule> {
  const moduleRef = await configure(Test.createTestingModule(metadata)).compile();
  closeAfterTest(moduleRef);
  return moduleRef.init();
}

/** Starts an application of the lock module and one provider, and answers the provider. */
export async function startWith<T>(provider: Type<T>, options: Parameters<typeof lockModule>[0] = {}): Promise<T> {
  return (await start({ imports: [lockModule(options)], providers: [provider] })).get(provider);
}

/** Starts an application that listens on a free port. */
export async function startHttp(
  metadata: ModuleMetadata,
  adapter: Adapter = 'Express',
  configure: (app: INestApplication) => void = () => undefined,
): Promise<{ app: INestApplication; url: string }> {
  const moduleRef = await Test.createTestingModule(metadata).compile();
  const server = adapter === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = moduleRef.createNestApplication(server, { logger: false });
  closeAfterTest(app);
  configure(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

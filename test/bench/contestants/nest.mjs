/** A real Nest application without HTTP, put together by hand: what a compiler makes of decorators, in JavaScript. */
import 'reflect-metadata';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

export async function startNest(module, providers = []) {
  class App {}
  Module({ imports: [module], providers })(App);
  return NestFactory.createApplicationContext(App, { logger: false });
}

/** As `@decorator` on an `async` method (string, function) of an `@Injectable()` class. */
export function decorateMethod(target, name, decorator) {
  const { prototype } = target;
  const types = [
    Reflect.metadata('design:type', Function),
    Reflect.metadata('design:paramtypes', [String, Function]),
    Reflect.metadata('design:returntype', Promise),
  ];
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, Reflect.decorate([decorator, ...types], prototype, name, descriptor));
  Injectable()(target);
}

/** Where the application called the library, as the stack tells it. */
import { describe, expect, it } from '@jest/globals';
import { callSite } from '../../../lib/core/call-site.js';

const PACKAGE = '/app/node_modules/nestjs-distributed-lock/dist/esm';

function stackOf(...lines: string[]): string {
  return ['Error', ...lines.map((line) => `    at ${line}`)].join('\n');
}

describe('the place of a call', () => {
  it('is this line', () => {
    expect(callSite()).toMatch(/^[^:].*[/\\]test[/\\]unit[/\\]core[/\\]call-site\.spec\.ts:\d+:\d+$/);
  });

  it('is the first line of the application: neither the library, nor a package, nor Node.js', () => {
    const stack = stackOf(
      `callSite (file://${PACKAGE}/core/call-site.js:14:5)`,
      `LockEngine.acquire (file://${PACKAGE}/core/engine.js:90:12)`,
      'new Promise (<anonymous>)',
      `LockService.withLock (file://${PACKAGE}/lock.service.js:80:12)`,
      'Object.next (/app/node_modules/rxjs/dist/cjs/internal/Subscriber.js:90:12)',
      'AsyncLocalStorage.run (node:internal/async_local_storage/async_context_frame:63:14)',
      'async Orders.ship (file:///app/dist/orders.service.js:12:30)',
      'async main (file:///app/dist/main.js:5:3)',
    );
    expect(callSite(stack)).toBe('/app/dist/orders.service.js:12:30');
  });

  it.each([
    [
      'a library outside of node_modules',
      '/repo/lib/core/call-site.ts:1:1',
      '/repo/src/a.ts:5:6',
      '/repo/src/a.ts:5:6',
    ],
    ['the CommonJS build', '/x/dist/cjs/core/call-site.js:1:1', '/app/a.cjs:5:6', '/app/a.cjs:5:6'],
    ['Windows', String.raw`C:\x\lib\core\call-site.js:1:1`, String.raw`C:\app\a.js:5:6`, String.raw`C:\app\a.js:5:6`],
    [
      'a code that runs in memory',
      'file:///x/core/call-site.js:1:1',
      'webpack:///./src/a.ts:5:6',
      'webpack:///./src/a.ts:5:6',
    ],
  ])('is told with %s, with a name or without', (_, own, line, place) => {
    const library = own.replace('call-site', 'engine');
    expect(callSite(stackOf(`callSite (${own})`, `LockEngine.enter (${library})`, `Orders.ship (${line})`))).toBe(
      place,
    );
    expect(callSite(stackOf(own, library, line))).toBe(place);
    expect(callSite(stackOf(own, library, `async ${line}`.replace('async ', '')))).toBe(place);
  });

  it.each([
    ['that is empty', ''],
    ['without the application', stackOf('callSite (/x/core/call-site.js:1:1)', 'node:internal/timers:5:6')],
    ['of a bundle', stackOf('callSite (/app/bundle.js:1:1)', 'Orders.ship (/app/bundle.js:9:1)')],
    ['in another form', 'callSite@/x/core/call-site.js:1:1\nship@/app/a.js:5:6'],
  ])('is not told by a stack %s', (_, stack) => {
    expect(callSite(stack)).toBeUndefined();
  });

  it('leaves the limit of stacks as it was', () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 1;
    try {
      expect(callSite()).toMatch(/call-site\.spec\.ts/);
      expect(Error.stackTraceLimit).toBe(1);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });

  it('is not told where writing the stack fails', () => {
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = () => {
      throw new Error('no stack');
    };
    try {
      expect(callSite()).toBeUndefined();
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  });
});

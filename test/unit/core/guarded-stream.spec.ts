/** A stream whose listeners may throw: that is written down, and no other listener hears less. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { config, filter, map, Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { GuardedStream } from '../../../lib/core/guarded-stream.js';
import { turns } from '../../support/fakes/fake-clock.js';

const failure = new Error('a bug in a listener');
const fail = (): never => {
  throw failure;
};

/** A stream by itself, and the errors of its listeners. */
function open() {
  const log = jest.fn();
  const source = new Subject<string>();
  const stream$ = new GuardedStream<string>(log, (subscriber) => source.subscribe(subscriber));
  return { log, source, stream$ };
}

describe('a guarded stream', () => {
  const { onUnhandledError } = config;

  beforeEach(() => {
    config.onUnhandledError = null;
  });
  afterEach(() => {
    config.onUnhandledError = onUnhandledError;
  });

  it.each<[string, (stream$: Observable<string>) => unknown]>([
    ['a function', (stream$) => stream$.subscribe(fail)],
    ['an observer', (stream$) => stream$.subscribe({ next: fail })],
    ['an async function', (stream$) => stream$.subscribe(async () => fail())],
    ['one behind operators', (stream$) => stream$.pipe(filter(() => true)).subscribe(fail)],
    ['an operator', (stream$) => stream$.pipe(map(fail)).subscribe()],
    ['one of the end', (stream$) => stream$.subscribe({ complete: fail })],
    ['one of an error', (stream$) => stream$.pipe(map(fail)).subscribe({ error: fail })],
  ])('writes down what a listener throws and goes on telling the others: %s', async (_, listen) => {
    const { log, source, stream$ } = open();
    const heard: string[] = [];
    listen(stream$);
    stream$.subscribe((value) => heard.push(value));
    for (const value of ['a', 'b']) source.next(value);
    source.complete();
    await turns(1);
    expect(heard).toEqual(['a', 'b']);
    expect(log).toHaveBeenCalledWith(failure);
  });

  it('goes on telling the listener that has thrown', () => {
    const { log, source, stream$ } = open();
    const listener = jest.fn(fail);
    stream$.subscribe(listener);
    for (const value of ['a', 'b']) source.next(value);
    expect([listener.mock.calls, log.mock.calls]).toEqual([
      [['a'], ['b']],
      [[failure], [failure]],
    ]);
  });

  it('leaves it to the handler that RxJS was given', () => {
    const handler = jest.fn();
    config.onUnhandledError = handler;
    const { log, source, stream$ } = open();
    stream$.subscribe(fail);
    source.next('a');
    expect([handler.mock.calls, log.mock.calls]).toEqual([[[failure]], []]);
  });

  it('takes no harm from a log that throws as well', () => {
    const { log, source, stream$ } = open();
    log.mockImplementation(fail);
    const heard: string[] = [];
    stream$.subscribe(fail);
    stream$.subscribe((value) => heard.push(value));
    source.next('a');
    expect(heard).toEqual(['a']);
  });

  it('hands on what operators make of it, the end, and errors that have a listener', () => {
    const { log, source, stream$ } = open();
    const heard: unknown[] = [];
    stream$.pipe(map((value) => value.toUpperCase())).subscribe({
      next: (value) => heard.push(value),
      complete: () => heard.push('complete'),
    });
    stream$.pipe(map(fail)).subscribe({ error: (error) => heard.push(error) });
    source.next('a');
    source.complete();
    expect([heard, log.mock.calls]).toEqual([['A', failure, 'complete'], []]);
  });

  it('tells a listener nothing more once it has left', () => {
    const { source, stream$ } = open();
    const listener = jest.fn();
    stream$.subscribe(listener).unsubscribe();
    source.next('a');
    expect([listener.mock.calls, source.observed]).toEqual([[], false]);
  });
});

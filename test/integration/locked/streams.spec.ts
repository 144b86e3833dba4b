/** A stream that a locked method returns flows when its lock was given back: it is refused where it can be recognised. */
import { createReadStream } from 'node:fs';
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { Injectable, StreamableFile } from '@nestjs/common';
import { Locked, LockOptionsError, LockService } from 'nestjs-distributed-lock';
import { startWith } from '../../support/apps/apps.js';
import { isFree, keyBecomes, rejection } from '../../support/waiting.js';

const HERE = fileURLToPath(import.meta.url);

@Injectable()
class Files {
  constructor(readonly locks: LockService) {}

  @Locked('file')
  async read<Result>(make: () => Result): Promise<Result> {
    return make();
  }

  @Locked('file', { wait: 0, onBusy: (_error: unknown, make: () => Readable) => make() })
  async orElse(make: () => Readable): Promise<Readable> {
    return make();
  }
}

const slow = (): Readable => new Readable({ read: () => undefined });
const ended = (): Readable => {
  const stream = new Readable({ read: () => undefined });
  stream.push('all there is');
  stream.push(null);
  return stream;
};

function* steps(): Generator<number> {
  yield 1;
}

describe('a locked method that returns a stream', () => {
  it.each<[string, () => object]>([
    ['a Node stream', slow],
    ['a file', () => createReadStream(HERE)],
    ['a transformation', () => slow().pipe(createGzip())],
    ['a duplex', () => new PassThrough()],
    ['a stream of values', () => Readable.from(['a', 'b'])],
    ['a StreamableFile of a stream', () => new StreamableFile(slow())],
    ['a StreamableFile of a file', () => new StreamableFile(createReadStream(HERE))],
    ['a web stream', () => new ReadableStream()],
    ['a generator', steps],
  ])('%s: LockOptionsError with advice, and the key is free', async (_name, make) => {
    const files = await startWith(Files);
    const error = await rejection(files.read(make));
    expect(error).toBeInstanceOf(LockOptionsError);
    expect(error.message).toMatch(
      /^Files\.read .* (stream|StreamableFile|ReadableStream|generator), which would flow without the lock/,
    );
    expect(error.message).toContain('Read it to its end inside the method');
    await keyBecomes(files.locks, 'file', isFree);
  });

  it('closes it, whatever that does', async () => {
    const files = await startWith(Files);
    const node = slow();
    let missing: Readable | undefined;
    let cancelled = false;
    const makers: (() => object)[] = [
      () => node,
      () => (missing = createReadStream(`${HERE}.missing`)),
      () => new ReadableStream({ cancel: () => void (cancelled = true) }),
      () => new ReadableStream({ cancel: () => Promise.reject(new Error('no')) }),
    ];
    for (const make of makers) expect(await rejection(files.read(make))).toBeInstanceOf(LockOptionsError);
    expect([node.destroyed, missing?.destroyed, cancelled]).toEqual([true, true, true]);
  });

  it.each<[string, () => unknown]>([
    ['a StreamableFile of a buffer', () => new StreamableFile(Buffer.from('all there is'))],
    ['a stream whose source has ended', ended],
    ['a stream that was read or destroyed', () => slow().destroy()],
    ['a stream inside an object', () => ({ stream: slow() })],
    ['a socket', () => new Socket()],
    ['a response', () => new ServerResponse({ method: 'GET' } as IncomingMessage)],
    ['a list', () => [1, 2]],
    ['the values of a list', () => [1, 2].values()],
    ['something with methods of a stream by chance', () => ({ read: () => 1, on: () => 1 })],
  ])('%s is a result like any other', async (_name, make) => {
    const files = await startWith(Files);
    const made = make();
    expect(await files.read(() => made)).toBe(made);
    if (made instanceof Duplex) made.destroy();
  });

  it('what is returned instead of the section needs no lock', async () => {
    const files = await startWith(Files);
    const lock = await files.locks.acquire('file');
    const stream = slow();
    expect(await files.orElse(() => stream)).toBe(stream);
    await lock.release();
  });
});

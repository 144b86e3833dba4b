/** What is no connection is refused, and not taken for a Redis on this machine; and nothing of it is told. */
import { describe, expect, it } from '@jest/globals';
import { LockOptionsError } from '../../../../lib/lock.errors.js';
import { checkConnection, readUrl } from '../../../../lib/stores/redis/connection-options.js';
import { FakeRedis } from '../../../support/fakes/fake-redis.js';

class Config {
  host = 'localhost';
}

/** As node-redis has it. */
class NodeRedisClient {
  isOpen = true;
  options = { url: 'redis://localhost' };
  evalSha = (): void => undefined;
  duplicate = (): void => undefined;
  on = (): void => undefined;
}

describe('a connection', () => {
  it.each<[unknown]>([
    ['redis://localhost'],
    ['redis://localhost/'],
    ['redis://localhost:6379'],
    ['rediss://user:pass@h:1/2?family=6'],
    ['REDIS://localhost:6379/0'],
    ['redis://[::1]:6379'],
    ['redis://:p%40ss@host'],
    ['redis://host?db=2&connectionName=locks'],
    [{ host: 'localhost' }],
    [{ host: 'localhost', port: '6380', db: '3', url: undefined }],
    [{ host: 'localhost', port: undefined, password: undefined }],
    [{ path: '/tmp/redis.sock' }],
    [{ sentinels: [{ host: 'a', port: 26379 }, { host: 'b' }], name: 'main', role: 'master' }],
    [{ Connector: class {}, keyPrefix: 'x' }],
    [{ host: 'a', enableReadyCheck: false, replyMapping: 'legacy', blockingTimeout: 1, tls: {} }],
    [Object.assign(Object.create(null) as object, { host: 'localhost' })],
    [new FakeRedis()],
  ])('may be %p', (connection) => {
    expect(() => checkConnection(connection)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['an empty object', {}],
    ['a url among options', { url: 'redis://s3cret@host' }],
    ['a url beside a host', { host: 'a', url: 'redis://s3cret@host' }],
    ['a socket', { socket: { host: 'a' } }],
    ['a config', { config: { host: 'a' } }],
    ['a cluster by its nodes', { cluster: [{ host: 'a' }] }],
    ['only a port', { port: 6_379 }],
    ['only a password', { password: 's3cret' }],
    ['an empty host', { host: '' }],
    ['a host that is none', { host: { name: 'a' } }],
    ['null for a host', { host: null }],
    ['an empty path', { path: '' }],
    ['no Sentinels', { sentinels: [], name: 'main' }],
    ['Sentinels without a name', { sentinels: [{ host: 'a' }] }],
    ['Sentinels without a host', { sentinels: [{ port: 1 }], name: 'main' }],
    ['a replica', { host: 'a', role: 'slave' }],
    ['a port that is none', { host: 'a', port: 'abc' }],
    ['a port that is too large', { host: 'a', port: 65_536 }],
    ['a database that is none', { host: 'a', db: 'one' }],
    ['half a database', { host: 'a', db: 1.5 }],
    ['a database below 0', { host: 'a', db: -1 }],
    ['a promise', Promise.resolve('redis://localhost')],
    ['a promise of a client', Promise.resolve(new FakeRedis())],
    ['a URL', new URL('redis://user:s3cret@localhost')],
    ['a client of node-redis', new NodeRedisClient()],
    ['an object of a class', new Config()],
    ['a Map', new Map([['host', 'localhost']])],
    ['a date', new Date()],
    ['an array', ['redis://localhost']],
    ['null', null],
    ['undefined', undefined],
    ['a number', 6_379],
    ['true', true],
    ['a function', () => 'redis://localhost'],
    ['an empty string', ''],
    ['a host', 'localhost'],
    ['a host and a port', 'localhost:6379'],
    ['a host with a password', 'host:6380,password=s3cret'],
    ['a path', '/tmp/redis.sock'],
    ['no host', 'redis://'],
    ['no host, but a database', 'redis:///0'],
    ['no host, but a word', 'redis:///host'],
    ['no host, but a password', 'redis://:s3cret@'],
    ['another protocol', 'http://user:s3cret@host'],
    ['a protocol that looks like it', 'redis:host'],
    ['a database that is none', 'redis://host/one'],
    ['a database below 0', 'redis://host/-1'],
    ['two databases', 'redis://host/1/2'],
    ['a database that is written in a hidden way', 'redis://host/%31'],
    ['a port that is too large', 'redis://host:65536'],
    ['a bad escape', 'redis://user:s3cret%@host'],
    ['a # in a password', 'redis://user:12#s3cret@host'],
    ['a ? in a password', 'redis://user:12?s3cret@host'],
    ['a / in a password', 'redis://user:12/s3cret@host'],
    ['an unknown option', 'redis://host?hots=s3cret'],
    ['an option that is no text', 'redis://host?tls=true'],
    ['an option that is no number', 'redis://host?family=six'],
    ['a space', 'redis://user:s3cret@my host'],
  ])('is not %s', (_, connection) => {
    const errors: LockOptionsError[] = [];
    try {
      checkConnection(connection);
    } catch (error) {
      errors.push(error as LockOptionsError);
    }
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(LockOptionsError);
    expect(errors[0]!.message).toMatch(/`connection`: expected .*redis:\/\/.*'memory'/);
    expect(errors[0]!.message).not.toContain('s3cret');
    expect(errors[0]!.cause).toBeUndefined();
  });

  it('that is refused for an option names it', () => {
    expect(() => checkConnection({ host: 'a', hots: 's3cret' })).toThrow(/`hots`/);
    expect(() => checkConnection('redis://host?hots=1')).toThrow(/`hots`/);
  });
});

describe('a Redis URL', () => {
  it('says all that it says', () => {
    expect(readUrl('rediss://user:p%40ss@example.com:1/2?family=6&keyPrefix=a:')).toEqual({
      host: 'example.com',
      port: 1,
      username: 'user',
      password: 'p@ss',
      db: 2,
      tls: {},
      family: 6,
      keyPrefix: 'a:',
    });
    expect(readUrl('redis://[::1]')).toEqual({ host: '::1', port: 6_379 });
    expect(readUrl('redis://:secret@host?password=other')).toMatchObject({ password: 'secret' });
  });
});

import { hostname } from 'node:os';
import { readDescription, writeDescription } from '../../../../lib/core/operations/process-description.js';

describe('how a process introduces itself', () => {
  it('is read as it was written', () => {
    const text = writeDescription({ name: 'shop', version: '1.2' }, 'default', 1_700_000_000_000);
    expect(readDescription('id', text)).toEqual({
      id: 'id',
      host: hostname(),
      pid: process.pid,
      name: 'shop',
      version: '1.2',
      instance: 'default',
      startedAt: new Date(1_700_000_000_000),
    });
  });

  it('is by default the nearest package of the main program, whose version goes with its name', () => {
    const found = readDescription('id', writeDescription({}, 'x', 1));
    expect(found).toMatchObject({ name: expect.any(String), instance: 'x' });
    expect(readDescription('id', writeDescription({ name: 'own' }, 'x', 1))).toMatchObject({
      name: 'own',
      version: null,
    });
  });

  it.each([undefined, '', 'null', '[]', '{', '{"host":1}', '{"host":"a","pid":1,"startedAt":1e99}'])(
    'is none: %j',
    (text) => {
      expect(readDescription('id', text)).toBeUndefined();
    },
  );
});

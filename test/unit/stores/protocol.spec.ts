/** The small functions that every store shares. */
import { describe, expect, it } from '@jest/globals';
import { newProcessId, PROCESS_ID_LENGTH, processIdOf } from '../../../lib/stores/protocol.js';

describe('an id of a process', () => {
  it('is another each time, of one length, and made of what a channel or a file may be named with', () => {
    const ids = Array.from({ length: 1_000 }, newProcessId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{11}$/);
    expect(PROCESS_ID_LENGTH).toBe(11);
  });

  it('is read from every token that begins with it', () => {
    const id = newProcessId();
    expect(processIdOf(`${id}and-more`)).toBe(id);
  });
});

/** How long a viewer's stream lives: the guards are asked again when the page comes back for another. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { EventStream } from '../../lib/board/event-stream.js';
import { LockBoard } from '../../lib/board/lock-board.js';
import { advance, useFakeClock } from '../support/fakes/fake-clock.js';
import { openNeighbours } from '../support/fakes/neighbours.js';

useFakeClock();

const MINUTE = 60_000;

it.each([
  ['list', { search: '', sort: 'hot', page: 0 }],
  ['key', { key: 'order:42' }],
] as const)(
  'a stream of a %s ends after as long as its page of the documentation says, and not before',
  async (_, query) => {
    const text = readFileSync(new URL('../../docs/board.md', import.meta.url), 'utf8');
    const minutes = ['zero', 'one', 'two', 'three', 'four', 'five'].indexOf(
      /after\s+(\w+)\s+minutes/.exec(text)?.[1] ?? '',
    );
    const board = new LockBoard(openNeighbours(1)[0]!.locks, 'default', true);
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    // Nobody reads it: a viewer that hangs must not be let look for longer.
    let isOver = false;
    board.add(query, (onClose) => {
      const closed = (): void => {
        isOver = true;
        onClose();
      };
      return new EventStream(response, closed);
    });
    await advance(minutes * MINUTE - 1_000);
    expect(isOver).toBe(false);
    await advance(2_000);
    expect([isOver, response.writableEnded]).toEqual([true, true]);
  },
);

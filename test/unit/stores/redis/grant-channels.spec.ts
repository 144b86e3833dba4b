/** One channel for each process that listens through a store; it outlasts a change of its listener. */
import { describe, expect, it, jest } from '@jest/globals';
import { GrantChannel } from '../../../../lib/stores/redis/grant-channel.js';
import { GrantChannels } from '../../../../lib/stores/redis/grant-channels.js';
import { newProcessId } from '../../../../lib/stores/protocol.js';

const listener = () => ({ granted: jest.fn(), resumed: jest.fn() });

function open() {
  const opened: string[] = [];
  const closed: string[] = [];
  const channels = new GrantChannels((processId, first) => {
    const channel = new GrantChannel(() => undefined as never, processId, 2_000, first);
    jest.spyOn(channel, 'open').mockImplementation(() => void opened.push(processId));
    jest.spyOn(channel, 'close').mockImplementation(() => void closed.push(processId));
    return channel;
  });
  return { channels, opened, closed };
}

describe('the channels of a store', () => {
  it('are opened each for the tokens of its own process', () => {
    const { channels, opened } = open();
    const [one, other] = [newProcessId(), newProcessId()];
    channels.listen(one, listener());
    channels.listen(other, listener());
    channels.expect(`${other}1`);
    channels.expect(`${newProcessId()}1`);
    expect(opened).toEqual([other]);
  });

  it('stay as they are when another listener takes over, which alone hears from then on', () => {
    const { channels, closed } = open();
    const [id, first, second] = [newProcessId(), listener(), listener()];
    channels.listen(id, first);
    channels.listen(id, second);
    channels.resumed();
    expect(closed).toEqual([]);
    expect(first.resumed).not.toHaveBeenCalled();
    expect(second.resumed).toHaveBeenCalledTimes(1);
  });

  it('are closed when their process listens no more, and the others stay', () => {
    const { channels, opened, closed } = open();
    const [one, other] = [newProcessId(), newProcessId()];
    for (const id of [one, other]) channels.listen(id, listener());
    channels.listen(one, null);
    for (const id of [one, other]) channels.expect(`${id}1`);
    expect([closed, opened]).toEqual([[one], [other]]);
    channels.close();
    expect(closed).toEqual([one, other]);
  });
});

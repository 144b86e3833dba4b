/** The processes that hear of their grants through a store; nearly always one. */
import type { GrantListener } from '../lock-store.js';
import { processIdOf } from '../protocol.js';
import type { GrantChannel } from './grant-channel.js';

export class GrantChannels {
  private readonly channels = new Map<string, GrantChannel>();
  private isReachable = true;

  /** @param create - makes the channel of a process. */
  constructor(private readonly create: (processId: string, listener: GrantListener) => GrantChannel) {}

  listen(processId: string, listener: GrantListener | null): void {
    const channel = this.channels.get(processId);
    if (listener) {
      if (channel) channel.listener = listener;
      else this.channels.set(processId, this.create(processId, listener));
      if (!this.isReachable) this.channels.get(processId)!.tell(() => listener.reachable?.(false));
    } else {
      channel?.close();
      this.channels.delete(processId);
    }
  }

  /** A token waits: its process has to hear of the grant. */
  expect(token: string): void {
    this.channels.get(processIdOf(token))?.open();
  }

  /** A process wants to hear what it is told, and does not wait for anything. */
  open(processId: string): void {
    this.channels.get(processId)?.openWithoutHaste();
  }

  /** Resolves when a process hears what it is told, or when so many milliseconds are over. */
  async hear(processId: string, milliseconds: number): Promise<void> {
    await this.channels.get(processId)?.hear(milliseconds);
  }

  /** Whether the server is known to be out of reach, for every process. */
  reachable(isReachable: boolean): void {
    this.isReachable = isReachable;
    for (const channel of this.channels.values()) channel.tell(() => channel.listener.reachable?.(isReachable));
  }

  /** Grants may have been missed. */
  resumed(): void {
    for (const channel of this.channels.values()) channel.resumed();
  }

  close(): void {
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }
}

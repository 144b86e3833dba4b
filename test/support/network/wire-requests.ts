/** What the library asks of the server, read off the wire. */
import type { ProxiedCommand } from './tcp-proxy.js';

type Kind = 'acquire' | 'touch' | 'release' | 'convert' | 'inspect';

/** One entry of a script call. */
export interface WireRequest {
  readonly kind: Kind;
  readonly key: string;
  readonly token: string | undefined;
}

/** By the mode that begins the detail of an entry, see `lib/stores/redis/scripts/mode.ts`. */
const KINDS: Readonly<Record<string, Kind>> = {
  '0': 'acquire',
  '1': 'acquire',
  '2': 'touch',
  '3': 'release',
  '4': 'release',
  '5': 'acquire',
  '6': 'acquire',
  '7': 'convert',
  '8': 'convert',
  '9': 'release',
};

/** The requests that a command carries; none where it carries anything else. */
export function readRequests({ name, args }: ProxiedCommand): readonly WireRequest[] {
  if (name !== 'evalsha' && name !== 'eval') return [];
  const count = Number(args[1]);
  const keys = args.slice(2, 2 + count);
  const words = args[2 + count]?.trim().split(' ') ?? [];
  return keys.map((key, i) => ({ key, token: words[2 * i], kind: KINDS[words[2 * i + 1]?.[0] ?? ''] ?? 'inspect' }));
}

/** Chooses calls with a request of one kind. */
export function requestOf(kind: Kind): (command: ProxiedCommand) => boolean {
  return (command) => readRequests(command).some((request) => request.kind === kind);
}

/** Chooses calls that name a token. */
export function requestWith(token: string): (command: ProxiedCommand) => boolean {
  return (command) => readRequests(command).some((request) => request.token === token);
}

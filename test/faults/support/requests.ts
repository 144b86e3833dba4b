/** What the library asks of the server, read off the wire. */
import type { ProxiedCommand } from '../../support/tcp-proxy.js';

/** One script call. */
export interface WireRequest {
  readonly kind: 'acquire' | 'touch' | 'release' | 'inspect';
  readonly keys: readonly string[];
  readonly tokens: readonly string[];
}

const TOUCH_MODE = '2';

/** The request that a command carries; `undefined` for anything else. Scripts are told apart by their arguments per key. */
export function readRequest({ name, args }: ProxiedCommand): WireRequest | undefined {
  if (name !== 'evalsha' && name !== 'eval') return undefined;
  const count = Number(args[1]);
  if (count === 0) return undefined;
  const keys = args.slice(2, 2 + count);
  const rest = args.slice(2 + count);
  const perKey = rest.length / count;
  const tokens = keys.map((_, i) => rest[i * perKey]!);
  if (perKey === 0) return { kind: 'inspect', keys, tokens: [] };
  if (perKey === 1) return { kind: 'release', keys, tokens };
  return { kind: rest[2] === TOUCH_MODE ? 'touch' : 'acquire', keys, tokens };
}

/** Chooses requests of one kind. */
export function requestOf(kind: WireRequest['kind']): (command: ProxiedCommand) => boolean {
  return (command) => readRequest(command)?.kind === kind;
}

/** Chooses requests that name a token. */
export function requestWith(token: string): (command: ProxiedCommand) => boolean {
  return (command) => readRequest(command)?.tokens.includes(token) ?? false;
}

/** Makes holds and calls out of what workers wrote. */
import type { Begin, Entry, Life, Pulse } from '../history/entry.js';

/** What one caller had, from its lock to giving it back. */
export interface Hold extends Begin {
  readonly life: Life;
  /** When it asked. */
  readonly asked: number;
  /** When its process wrote for the last time before. */
  readonly before: number;
  /** Between these it saw for the first time whether it held the lock. */
  readonly begun: number;
  readonly begunBy: number;
  /** It believed from `from` to `until`, which is proven; the other way round when it looked only once. */
  from: number;
  until: number;
  /** When it was first seen not to be held. */
  over: number | undefined;
  told: number | undefined;
  ended: number | undefined;
  /** The call that gives it back. */
  endedBy: number | undefined;
  /** Pulses in a row that saw the lease over and the signal silent; a renewal that is answered late ends a row. */
  readonly silences: number[][];
  /** A look that saw it held again after it was seen not to be. */
  revived: number | undefined;
}

export interface Call {
  readonly life: Life;
  readonly id: number;
  readonly what: string;
  readonly asked: number;
  readonly limit: number | null;
  cancelled: number | undefined;
  begun: number | undefined;
  /** When it began to give back, and how long that may take. */
  ended: { readonly t: number; readonly limit: number } | undefined;
  settled: number | undefined;
  outcome: string | undefined;
}

export interface Story {
  readonly holds: readonly Hold[];
  readonly calls: readonly Call[];
}

export function tell(lives: readonly Life[]): Story {
  const stories = lives.map(tellLife);
  return { holds: stories.flatMap(({ holds }) => holds), calls: stories.flatMap(({ calls }) => calls) };
}

function tellLife(life: Life): Story {
  const holds = new Map<number, Hold>();
  const calls = new Map<number, Call>();
  let pulse: Pulse | undefined;
  life.entries.forEach((entry, i) => {
    if (entry.e !== 'pulse') return read(entry, life.entries[i - 1]?.t ?? 0, life, holds, calls);
    for (const id of entry.held) look(holds.get(id)!, entry.t, entry.t1, true);
    for (const id of entry.over) hush(holds.get(id)!, entry, pulse);
    pulse = entry;
  });
  return { holds: [...holds.values()], calls: [...calls.values()] };
}

function read(
  entry: Exclude<Entry, Pulse>,
  before: number,
  life: Life,
  holds: Map<number, Hold>,
  calls: Map<number, Call>,
): void {
  switch (entry.e) {
    case 'ask':
      calls.set(entry.call, newCall(entry, life));
      break;
    case 'cancel':
      calls.get(entry.call)!.cancelled = entry.t;
      break;
    case 'begin': {
      const call = calls.get(entry.call)!;
      call.begun ??= entry.t;
      holds.set(entry.hold, newHold(entry, before, life, call));
      break;
    }
    case 'look':
      look(holds.get(entry.hold)!, entry.t, entry.t1, entry.held);
      break;
    case 'told':
      holds.get(entry.hold)!.told ??= entry.t;
      break;
    case 'end':
      Object.assign(holds.get(entry.hold)!, { ended: entry.t, endedBy: entry.call });
      calls.get(entry.call)!.ended = { t: entry.t, limit: entry.limit };
      break;
    case 'settle':
      Object.assign(calls.get(entry.call)!, { settled: entry.t, outcome: entry.outcome });
      break;
    case 'wrong':
  }
}

function newCall({ call, what, t, limit }: Extract<Entry, { e: 'ask' }>, life: Life): Call {
  const open = { cancelled: undefined, begun: undefined, ended: undefined, settled: undefined, outcome: undefined };
  return { life, id: call, what, asked: t, limit, ...open };
}

function newHold(begin: Begin, before: number, life: Life, call: Call): Hold {
  const open = { told: undefined, ended: undefined, endedBy: undefined, silences: [], revived: undefined };
  const times = { asked: call.asked, before, begun: begin.t, begunBy: begin.t1, from: begin.t1, until: begin.t };
  return { ...begin, life, ...times, over: begin.held ? undefined : begin.t1, ...open };
}

function look(hold: Hold, t: number, t1: number, held: boolean): void {
  if (!held) hold.over ??= t1;
  else if (hold.over !== undefined) hold.revived ??= t;
  else hold.until = Math.max(hold.until, t);
}

/** A pulse saw it over though nobody was told; so did the one before, or a row begins. */
function hush({ hold, silences }: Hold, { t }: Pulse, before: Pulse | undefined): void {
  if (before?.over.includes(hold)) silences.at(-1)!.push(t);
  else silences.push([t]);
}

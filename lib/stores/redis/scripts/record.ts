/**
 * How a key is written down. It has a few Redis keys in one slot:
 *
 * - record: a string of a fencing token (16 digits), one letter for its state, and tokens with a space in front of each and
 *   behind the last: that of the holder, or of the last one, and behind it those that gave the key back before. It lives
 *   for what is left of the lease plus the retention; so the lease's end is read off the record's own expiry, by the
 *   server's clock, and only where it is needed.
 * - queue (`:line` after the record's name): sorted set of the waiters' tokens by order of joining.
 * - seen (`:seen`): sorted set of the waiters' tokens by the server time in µs until which their places live. A token that
 *   has left the queue stays for as long, with that time below zero, so that a repeated request can't bring it back.
 * - the holders of a key that is shared, and the waiters that would share it: see `shares.ts`.
 *
 * Requests name the record only; the others are made of its name, in its slot. The fencing token on record is the first
 * of the holder's block, or, once the lease was given back, the last that was used.
 *
 * Other programs can write to the same server. What is not exactly as described is no lock: it is never overwritten, and
 * a caller that asks for its key is told so ({@link NOT_A_LOCK}).
 *
 * Almost every call meets a key that no other caller wants. That path comes first in each script and calls nothing it
 * does not need; what a contended key needs is in `queue.ts`, and what a shared one needs in
 * `share-branch.ts`.
 */
import { FENCE_BLOCK } from '../../protocol.js';

const HELD = 'h';
/** Held, and there may be a queue, or tokens that have left it. */
const QUEUED = 'q';
const RELEASED = 'r';
/** Released, and tokens may be remembered that have left the queue. */
const EMPTIED = 'e';
/** As queued, and some of those in the queue would share the key. */
const WANTED = 'w';
/** Held by tokens that share the key, see `shares.ts`; its owner is {@link MANY}. */
const SHARED = 's';

/** The letters. */
export const STATE = {
  held: HELD,
  queued: QUEUED,
  released: RELEASED,
  emptied: EMPTIED,
  wanted: WANTED,
  shared: SHARED,
};

/** Stands in place of the holder's token where there may be several; no token is so short. */
export const MANY = '+';

/** Answers of the script beside what each branch has found out. */
export const NOT_A_LOCK = -1;
export const NOT_A_QUEUE = -2;

/** What may lie beside the record of a key, by the end of its name: sorted sets, and hashes. */
const SORTED: readonly string[] = [':line', ':seen', ':ends', ':limits'];
const HASHES: readonly string[] = [':shares', ':wants'];
export const BESIDE: readonly string[] = [...SORTED, ...HASHES];

/** Which of them is of another type, by an answer of the script: `NOT_A_QUEUE - 1 - index`. */
export function foreignPart(answer: number): string | undefined {
  return BESIDE[NOT_A_QUEUE - 1 - answer];
}

/** Runs `body` in Lua for each of {@link BESIDE} that is of another type, with its `name`, and `i`, counted from 1. */
export function eachForeignPart(body: string): string {
  return `
      for i, part in ipairs({ ${BESIDE.map((part) => `'${part}'`).join(', ')} }) do
        local name, reply = record .. part
        if i <= ${SORTED.length} then reply = redis.pcall('ZSCORE', name, '') else reply = redis.pcall('HEXISTS', name, '') end
        if type(reply) == 'table' and string.find(reply.err, 'WRONGTYPE', 1, true) then ${body} end
      end
`;
}

/** No fencing token is less: it has 16 digits, as the clock has. */
export const LEAST_FENCE = 1e15;
/** The digits of a fencing token that a clock of this and the next century has, and that JavaScript can count with. */
const FENCE = `[1-8]${'%d'.repeat(15)}`;

/** Reads `value`. No more is read than a record can have: what another program has put there may be large. */
export const READ_VALUE = "local value = redis.pcall('GETRANGE', record, '0', '1023')";

/** Whether `value` says that the key was given back, and no tokens are remembered but on the record. */
export const IS_RELEASED = `string.find(value, '^${FENCE}${RELEASED} ')`;

/** Takes `value` apart into `last`, `state` and `owner`, which are nil where it is no lock. */
export const READ_RECORD = `
    local last, state, owner
    if type(value) == 'string' then
      last, state, owner = string.match(value, '^(${FENCE})([${HELD}${QUEUED}${RELEASED}${EMPTIED}${WANTED}${SHARED}]) ([!-~]+) ')
      if state == '${SHARED}' and owner ~= '${MANY}' then last = nil end
    end
`;

/**
 * How far into the record of a contended key older tokens are remembered when another is put in front. The record of a
 * key that no other caller asks for remembers one: short records are written faster.
 */
export const REMEMBERED = 18 + 511;

/** Reads the server's clock into `time`, and as 16 digits of µs into `clock`, once for all requests of a call. */
export const CLOCK = `
      if not time then
        time = redis.call('TIME')
        clock = time[1] .. string.sub('00000' .. time[2], -6)
      end
`;

/**
 * Mints `fresh` after {@link CLOCK}, for the next grant of a key whose lease was given back, or that has no record: the
 * server's clock in µs, 16 digits, or one more than `last` where that is not less. The clock keeps tokens growing where
 * the record is missing or old: after a flush, a restart, or a failover to a replica that had not seen the last grants.
 * Text is compared and joined, because printing large numbers takes longer than the commands do.
 */
export const MINT_FENCE = `
      local fresh = clock
      if last and last >= fresh then fresh = string.format('%016.0f', last + 1) end
`;

/** As {@link MINT_FENCE}, after a lease that ended without a release: any of its block may have been used. */
export const MINT_FENCE_BEHIND_BLOCK = `
      local fresh = clock
      if last + ${FENCE_BLOCK} > fresh + 0 then fresh = string.format('%016.0f', last + ${FENCE_BLOCK}) end
`;

/**
 * The one script that changes leases. Requests of all kinds travel together, in the order in which they were asked, and
 * each entry succeeds or fails by itself.
 *
 * KEYS: for each request the record.
 * ARGV: one text of each request's token and detail, with a space in front of each of them; the detail begins with
 * the {@link Mode}. One long argument costs both ends less than many short ones.
 * Returns for each request an integer (a fencing token, or 1 for what was released; 0 when the token is gone; below zero
 * where something else lies in place of the lock), for a place in the queue or a busy key `{ milliseconds the holder's
 * lease has left, server time in µs, one of replies.ts }`, or an error. A single request is answered without a list
 * around it, which is shorter to write and to read.
 */
import { LockUnavailableError } from '../../../lock.errors.js';
import { messages } from '../../../lock.messages.js';
import type { StoreTiming } from '../../lock-store.js';
import { extendBranch, holdBranch, takeBranch } from './hold.js';
import { BOUNDS } from './queue.js';
import { codeOf, Mode } from './mode.js';
import { IS_RELEASED, NOT_A_LOCK, READ_RECORD, READ_VALUE, STATE } from './record.js';
import { freeBranch, passBranch, releaseBranch } from './release.js';
import { shareBranch } from './share-branch.js';
import { shareRenewal } from './share-renewal.js';

/** One request as the script takes it. */
export interface LeaseEntry {
  readonly record: string;
  /** See {@link leaseWords}. */
  readonly words: string;
}

/** The token and the detail of a request, as they stand in the argument. */
export function leaseWords(token: string, detail: string): string {
  return ` ${inOneWord(token)} ${detail}`;
}

/** The token and the detail of each request, as {@link leaseArguments} has put them into the argument. */
export function* readLeaseWords(argument: string): Generator<readonly [token: string, detail: string]> {
  const words = argument.split(' ');
  // The first is what stands in front of the first space: nothing.
  for (let i = 1; i + 1 < words.length; i += 2) yield [words[i]!, words[i + 1]!];
}

/** The script's keys, and behind them its only argument. */
export function leaseArguments(entries: readonly LeaseEntry[]): readonly string[] {
  const keysAndArgument: string[] = [];
  let argument = '';
  for (const { record, words } of entries) {
    keysAndArgument.push(record);
    argument += words;
  }
  keysAndArgument.push(argument);
  return keysAndArgument;
}

/**
 * One reply for each of `count` requests: that to a single one comes without a list around it. Where their number
 * differs, no reply belongs to any of the requests.
 */
export function leaseReplies(reply: unknown, count: number): readonly unknown[] {
  if (count === 1) return [reply];
  if (Array.isArray(reply) && reply.length === count) return reply;
  return Array.from({ length: count }, () => new LockUnavailableError(messages.oddReply(reply)));
}

/**
 * A token that another program has written down may have spaces. Without them it stays one word, and matches no token.
 */
function inOneWord(token: string): string {
  return token.includes(' ') ? token.replaceAll(' ', '\n') : token;
}

/** The script's source. */
export function leaseScript(timing: StoreTiming): string {
  return `
local retention = '${timing.retention}'
local answers = {}
local time, clock
${BOUNDS}
local next_request = string.gmatch(ARGV[1], '${WORDS}')
for i = 1, #KEYS do
  local record, name, detail = KEYS[i], next_request()
  ${entry(timing)}
  answers[i] = answer
end
if #KEYS == 1 then return answers[1] end
return answers
`;
}

/** A token with a space on both sides, and a detail. */
export const WORDS = '( [^ ]* )([^ ]*)';

/**
 * Carries out one request: expects `record`, `name` (the token, with a space on both sides), `detail`, `retention`, and
 * `time` and `clock`, which it may set; it declares `answer`.
 */
export function entry(timing: StoreTiming): string {
  return `local mode, before = string.byte(detail), renewed
  renewed = nil
  ${READ_VALUE}
  local letter = not value.err and string.byte(value, 17)
  local own = letter and string.sub(value, 18, 17 + #name) == name
  local answer

  -- Almost every request is one of these.
  if mode < ${codeOf(Mode.touch)} and (value == '' or letter == ${codeOf(STATE.released)} and ${IS_RELEASED}) then
    ${takeBranch}
  elseif mode == ${codeOf(Mode.release)} and letter == ${codeOf(STATE.held)} and own then
    ${freeBranch}
  elseif mode <= ${codeOf(Mode.touch)} and own and (letter == ${codeOf(STATE.held)} or letter == ${codeOf(STATE.queued)}) then
    ${extendBranch}

  else
    local token = string.sub(name, 2, -2)
    ${READ_RECORD}
    if not last and value ~= '' then
      -- Another program has put something else there: no token holds or waits, and none can come in.
      answer = (mode < ${codeOf(Mode.touch)} or ${COMES_IN}) and ${NOT_A_LOCK} or 0
      if value.err and not string.find(value.err, 'WRONGTYPE', 1, true) then answer = value end
    elseif mode > ${codeOf(Mode.pass)} or state == '${STATE.shared}' or state == '${STATE.wanted}' then
      if state == '${STATE.shared}' and mode == ${codeOf(Mode.touch)} then
        ${shareRenewal(timing)}
      end
      if answer == nil then
        ${shareBranch(timing)}
      end
    elseif mode <= ${codeOf(Mode.touch)} then
      ${holdBranch(timing)}
    elseif mode == ${codeOf(Mode.release)} then
      ${releaseBranch(timing)}
    else
      ${passBranch(timing)}
    end
  end`;
}

/** Whether a token that would share the key wants to come in. */
const COMES_IN = [Mode.tryShared, Mode.waitShared, Mode.ask].map((mode) => `mode == ${codeOf(mode)}`).join(' or ');

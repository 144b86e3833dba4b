/**
 * The one script that changes leases. Requests of all kinds travel together, in the order in which they were asked, and
 * each entry succeeds or fails by itself.
 *
 * KEYS: for each request the record.
 * ARGV: one text of each request's token and detail, with a space behind each of them; the detail begins with the
 * {@link Mode}. One long argument costs both ends less than many short ones.
 * Returns for each request an integer (a fencing token, or 1 for what was released; 0 when the token is gone), for a place
 * in line or a busy key `{ milliseconds the holder's lease has left, server time in µs, 1 for waiting or 2 for busy }`, or
 * an error. A single request is answered without a list around it, which is shorter to write and to read.
 */
import type { StoreTiming } from '../../lock-store.js';
import { holdBranch } from './hold.js';
import { codeOf, Mode } from './mode.js';
import { passBranch, releaseBranch } from './release.js';

/** One request as the script takes it. */
export interface LeaseEntry {
  readonly record: string;
  /** See {@link leaseWords}. */
  readonly words: string;
}

/** What a request says of itself. */
export function leaseWords(token: string, detail: string): string {
  return `${inOneWord(token)} ${detail} `;
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

/** One reply for each of so many requests: that to a single one comes without a list around it. */
export function leaseReplies(reply: unknown, count: number): readonly unknown[] {
  return count === 1 ? [reply] : (reply as readonly unknown[]);
}

/** What somebody else has written down as a token may have spaces; like that it is no word of more, and nobody's token. */
function inOneWord(token: string): string {
  return token.includes(' ') ? token.replaceAll(' ', '\n') : token;
}

/** The script's source. */
export function leaseScript(timing: StoreTiming): string {
  return `
local retention = '${timing.retention}'
local answers = {}
local next_request = string.gmatch(ARGV[1], '([^ ]*) ([^ ]*) ')
for i = 1, #KEYS do
  local record, token, detail = KEYS[i], next_request()
  local mode = string.byte(detail)
  local value = redis.pcall('GET', record)
  local answer

  if type(value) == 'table' then
    -- Somebody else has put something else there: no token holds or waits, and nobody can come in.
    answer = value
    if mode >= ${codeOf(Mode.touch)} and string.find(value.err, 'WRONGTYPE', 1, true) then answer = 0 end
  elseif mode <= ${codeOf(Mode.touch)} then
    ${holdBranch(timing)}
  elseif mode == ${codeOf(Mode.release)} then
    ${releaseBranch(timing)}
  else
    ${passBranch(timing)}
  end
  answers[i] = answer
end
if #KEYS == 1 then return answers[1] end
return answers
`;
}

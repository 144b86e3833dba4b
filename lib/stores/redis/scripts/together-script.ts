/**
 * Takes several keys or none, for requests that do not want to wait. First it asks of each whether it could be had, which
 * changes nothing; then the requests are carried out as any others.
 *
 * KEYS: for each request the record. ARGV: the requests in the form of the lease script; then the questions.
 *
 * Returns the fencing token of each request; or `{ which could not be had (from 1), milliseconds until the first present
 * lease ends }`; or `{ minus which was refused, its refusal }`, and then the keys that were taken are given back.
 */
import { LockUnavailableError } from '../../../lock.errors.js';
import { messages } from '../../../lock.messages.js';
import type { AcquireRequest, StoreTiming, TogetherAnswer } from '../../lock-store.js';
import { entry, WORDS } from './lease-script.js';
import { Mode } from './mode.js';
import { BOUNDS } from './queue.js';
import { LEAST_FENCE } from './record.js';
import { BUSY, readHoldAnswer } from './replies.js';
import { COULD, HOLDS } from './share-hold.js';

/** The script's source. */
export function togetherScript(timing: StoreTiming): string {
  return `
local retention = '${timing.retention}'
local time, clock
${BOUNDS}
local function carry_out(argument)
  local answers = {}
  local next_request = string.gmatch(argument, '${WORDS}')
  for i = 1, #KEYS do
    local record, name, detail = KEYS[i], next_request()
    ${entry(timing)}
    answers[i] = answer
  end
  return answers
end

local could = carry_out(ARGV[2])
for i, answer in ipairs(could) do
  if type(answer) == 'table' and answer[3] == ${BUSY} then return { i, answer[1] } end
  if answer ~= ${COULD} and answer ~= ${HOLDS} then return { -i, answer } end
end
local answers = carry_out(ARGV[1])
local refusal
for i, answer in ipairs(answers) do
  if type(answer) == 'table' or answer < ${LEAST_FENCE} then refusal = refusal or { -i, answer } end
end
if not refusal then return answers end
local next_token = string.gmatch(ARGV[1], '${WORDS}')
local undo = ''
for i, answer in ipairs(answers) do
  local name = next_token()
  local taken = could[i] == ${COULD} and type(answer) == 'number' and answer >= ${LEAST_FENCE}
  undo = undo .. (taken and name or ' - ') .. '${Mode.release}'
end
carry_out(undo)
return refusal
`;
}

/** Reads the script's reply; throws the refusal where there was one. */
export function readTogetherAnswer(
  reply: unknown,
  requests: readonly AcquireRequest[],
  prefix: string,
): TogetherAnswer {
  if (!Array.isArray(reply)) throw new LockUnavailableError(messages.oddReply(reply));
  const numbers = reply.map(Number);
  const [which, expiresIn] = numbers as [number, number];
  const isWhole = numbers.every(Number.isSafeInteger);
  if (isWhole && numbers.length === requests.length && numbers.every((number) => number >= LEAST_FENCE)) {
    return { state: 'held', fencingTokens: numbers };
  }
  if (isWhole && numbers.length === 2 && which > 0 && which <= requests.length && expiresIn >= 0) {
    return { state: 'busy', index: which - 1, expiresIn };
  }
  const refused = requests[-which - 1];
  const answer = refused && readHoldAnswer(reply[1], refused.key, prefix);
  throw answer?.state === 'unknown' ? answer.error : new LockUnavailableError(messages.oddReply(reply));
}

/** Whether something is an answer as `lock-store.ts` describes it. */
import type {
  Grant,
  HolderState,
  KeyState,
  KeySummary,
  ReleaseAnswer,
  StoreAnswer,
  TogetherAnswer,
} from './lock-store.js';

type Fields<Answer> = { readonly [Field in Answer extends unknown ? keyof Answer : never]?: unknown };

export function isStoreAnswer(answer: unknown): answer is StoreAnswer {
  const { state, fencingToken, expiresIn, at, error } = fieldsOf<StoreAnswer>(answer);
  switch (state) {
    case 'held':
      return isCount(fencingToken) && fencingToken > 0;
    case 'waiting':
    case 'busy':
      return isDuration(expiresIn) && isDuration(at);
    default:
      return state === 'gone' || (state === 'unknown' && error !== undefined);
  }
}

/** @param count - how many requests it is the answer to. */
export function isTogetherAnswer(answer: unknown, count: number): answer is TogetherAnswer {
  const { state, fencingTokens, index, expiresIn } = fieldsOf<TogetherAnswer>(answer);
  if (state === 'busy') return isCount(index) && index < count && isDuration(expiresIn);
  if (state !== 'held' || !Array.isArray(fencingTokens) || fencingTokens.length !== count) return false;
  return fencingTokens.every((each) => isCount(each) && each > 0);
}

/** Does not look at the successor's answer, which is one of its own. */
export function isReleaseAnswer(answer: unknown): answer is ReleaseAnswer {
  const { state } = fieldsOf<ReleaseAnswer>(answer);
  return state === 'released' || state === 'gone' || state === 'unknown';
}

export function isKeyState(answer: unknown): answer is KeyState {
  const { key, holders, waiting, lastFencingToken } = fieldsOf<KeyState>(answer);
  if (typeof key !== 'string' || !Array.isArray(waiting) || !Array.isArray(holders)) return false;
  if (!waiting.every((token) => typeof token === 'string')) return false;
  if (lastFencingToken !== null && !isCount(lastFencingToken)) return false;
  return holders.every(isHolderState);
}

export function isKeySummary(answer: unknown): answer is KeySummary {
  const { key, holderCount, holder, waitingCount } = fieldsOf<KeySummary>(answer);
  if (typeof key !== 'string' || !isCount(holderCount) || !isCount(waitingCount)) return false;
  return holder === null || isHolderState(holder);
}

export function isGrant(value: unknown): value is Grant {
  const { token, fencingToken, ttl, at } = fieldsOf<Grant>(value);
  return typeof token === 'string' && isCount(fencingToken) && isDuration(ttl) && isDuration(at);
}

function isHolderState(holder: unknown): boolean {
  const { token, fencingToken, expiresIn, limit, weight } = fieldsOf<HolderState>(holder);
  if (typeof token !== 'string' || !isCount(fencingToken) || !isDuration(expiresIn)) return false;
  return isCount(weight) && weight > 0 && (limit === Infinity || isCount(limit)) && weight <= limit;
}

function fieldsOf<Answer>(answer: unknown): Fields<Answer> {
  return typeof answer === 'object' && answer !== null ? answer : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

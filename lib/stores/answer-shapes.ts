/** Whether something is an answer as `lock-store.ts` describes it. */
import type { KeyState, ReleaseAnswer, StoreAnswer } from './lock-store.js';

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

/** Without its successor, which is an answer of its own. */
export function isReleaseAnswer(answer: unknown): answer is ReleaseAnswer {
  const { state } = fieldsOf<ReleaseAnswer>(answer);
  return state === 'released' || state === 'gone' || state === 'unknown';
}

export function isKeyState(answer: unknown): answer is KeyState {
  const { key, holder, waiting, lastFencingToken } = fieldsOf<KeyState>(answer);
  if (typeof key !== 'string' || !Array.isArray(waiting)) return false;
  if (!waiting.every((token) => typeof token === 'string')) return false;
  if (lastFencingToken !== null && !isCount(lastFencingToken)) return false;
  if (holder === null) return true;
  const { token, fencingToken, expiresIn } = fieldsOf<NonNullable<KeyState['holder']>>(holder);
  return typeof token === 'string' && isCount(fencingToken) && isDuration(expiresIn);
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

/** What the cases say of answers, beyond `node:assert`: a store may tell more than it was asked. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import type { StoreAnswer } from '../../stores/lock-store.js';

/** Whether a value has what is expected of it, and as many items where that is a list; what else it has does not matter. */
export function like(actual: unknown, expected: unknown): void {
  deepStrictEqual(partOf(actual, expected), expected);
}

/** The answer to a token that waits. */
export function isWaiting(answer: StoreAnswer | undefined): void {
  isRefused(answer, 'waiting');
}

/** The answer to a token that may not wait. */
export function isBusy(answer: StoreAnswer | undefined): void {
  isRefused(answer, 'busy');
}

/** A duration of at least a moment, and at most so many milliseconds. */
export function isWithin(duration: number, most: number): void {
  ok(duration > 0 && duration <= most, `Expected more than 0 and at most ${most} ms, got ${duration}.`);
}

/** Fencing tokens, each greater than the one before. */
export function grow(...fences: readonly number[]): void {
  deepStrictEqual(
    fences,
    [...new Set(fences)].sort((a, b) => a - b),
  );
}

/** An answer without what changes as time passes. */
export function timeless(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('expiresIn' in answer && 'at' in answer)) return answer;
  const { expiresIn: _, at: __, ...rest } = answer;
  return rest;
}

function isRefused(answer: StoreAnswer | undefined, state: 'waiting' | 'busy'): void {
  like(answer, { state });
  const { expiresIn, at } = answer as { expiresIn: unknown; at: unknown };
  for (const [name, value] of Object.entries({ expiresIn, at })) {
    ok(Number.isFinite(value) && (value as number) >= 0, `Expected a time as \`${name}\`, got ${String(value)}.`);
  }
}

/** A value without what is not expected of it. */
function partOf(actual: unknown, expected: unknown): unknown {
  if (!isObject(actual) || !isObject(expected)) return actual;
  if (Array.isArray(actual) && Array.isArray(expected)) return actual.map((item, i) => partOf(item, expected[i]));
  if (Array.isArray(actual) || Array.isArray(expected)) return actual;
  const names = Object.keys(expected).filter((name) => name in actual);
  return Object.fromEntries(names.map((name) => [name, partOf(actual[name], expected[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

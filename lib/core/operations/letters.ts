/** The texts of `correspondence.ts`. They come from anywhere, so each is read with care: what is none is undefined. */
import { createHash } from 'node:crypto';
import { PROCESS_ID_LENGTH } from '../../stores/protocol.js';
import type { HolderReport, WaiterReport } from '../../lock.operations.js';

/** A lease was taken away by `forceRelease`. */
export interface ForcedNotice {
  readonly key: string;
  readonly token: string;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
}

/** What a process says of a key, by the marks of its leases, see {@link markOf}; empty for callers without one. */
export interface KeyReport {
  readonly holders: readonly (HolderReport & Marked)[];
  readonly waiters: readonly (WaiterReport & Marked)[];
}

interface Marked {
  readonly lease: string;
}

interface Question {
  readonly kind: 'question';
  readonly id: string;
  readonly from: string;
  readonly key: string;
}

interface Answer {
  readonly kind: 'answer';
  readonly id: string;
  readonly from: string;
  readonly report: KeyReport;
}

const MARK_LENGTH = 16;

/** How many callers of a process one answer describes. */
export const MOST_REPORTED = 64;

/** Tells to those that know a token that a report is about its lease, and does not tell the token to anybody. */
export function markOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, MARK_LENGTH);
}

export function writeNotice(notice: ForcedNotice): string {
  return JSON.stringify({ kind: 'forced', ...notice });
}

export function readNotice(text: string): ForcedNotice | undefined {
  const { kind, key, token, reason, by } = read(text);
  if (kind !== 'forced' || !isText(key) || !isText(token)) return undefined;
  return { key, token, reason: optional(reason, 500), by: optional(by, 100) };
}

export function writeQuestion(question: Omit<Question, 'kind'>): string {
  return JSON.stringify({ kind: 'question', ...question });
}

export function writeAnswer(answer: Omit<Answer, 'kind'>): string {
  return JSON.stringify({ kind: 'answer', ...answer });
}

/** A question, or an answer. */
export function readAnswer(text: string): Question | Answer | undefined {
  const { kind, id, from, key, report } = read(text);
  if (!isText(id) || !isText(from) || from.length !== PROCESS_ID_LENGTH) return undefined;
  if (kind === 'question') return isText(key) ? { kind, id, from, key } : undefined;
  if (kind !== 'answer' || typeof report !== 'object' || report === null) return undefined;
  const { holders, waiters } = report as Record<string, unknown>;
  return { kind, id, from, report: { holders: listOf(holders, readHolder), waiters: listOf(waiters, readWaiter) } };
}

function readHolder(each: Record<string, unknown>): KeyReport['holders'][number] | undefined {
  const { lease, label, mode, fencingToken, heldMs, depth } = each;
  if (!isText(lease) || typeof label !== 'string' || !isMode(mode)) return undefined;
  if (!isNumber(fencingToken) || !isNumber(heldMs) || !isNumber(depth)) return undefined;
  return { lease, label: label.slice(0, 200), mode, fencingToken, heldMs, depth };
}

function readWaiter(each: Record<string, unknown>): KeyReport['waiters'][number] | undefined {
  const { lease, label, callers, waitedMs } = each;
  if (typeof lease !== 'string' || typeof label !== 'string' || !isNumber(callers) || !isNumber(waitedMs))
    return undefined;
  return { lease, label: label.slice(0, 200), callers, waitedMs };
}

function listOf<Item>(list: unknown, readItem: (each: Record<string, unknown>) => Item | undefined): Item[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, MOST_REPORTED).flatMap((each: unknown) => {
    const item = typeof each === 'object' && each !== null ? readItem(each as Record<string, unknown>) : undefined;
    return item === undefined ? [] : [item];
  });
}

function read(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function optional(value: unknown, longest: number): string | undefined {
  return isText(value) ? value.slice(0, longest) : undefined;
}

function isMode(value: unknown): value is HolderReport['mode'] {
  return value === 'read' || value === 'write' || value === 'permit';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

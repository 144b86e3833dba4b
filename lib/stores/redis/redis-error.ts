/**
 * Errors of ioredis, as they may be shown. Its own carry the command with all of its arguments (a password, the keys
 * and tokens of other callers in the same call), and the server quotes arguments in some of its sentences.
 */

import { withoutCredentials } from '../../quoting.js';

/** What hides a secret. */
const HIDDEN = '…';

/** An error of the same name, code and message, without secrets and without arguments. */
export function presentable(error: unknown, secrets: readonly string[]): Error {
  const { name, code, message } = readError(error);
  const shown = new Error(withoutSecrets(message, secrets));
  Object.defineProperty(shown, 'name', { value: name, configurable: true, writable: true });
  // The stack would begin with the class, and lead here.
  shown.stack = `${name}: ${shown.message}`;
  return code === undefined ? shown : Object.assign(shown, { code });
}

/** A text without these words. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  // An unknown command is answered with all that came with it.
  let shown = text.replace(/,? with args beginning with:[^]*/, '');
  // The longer one first, as it may contain the other.
  const words = secrets.filter((word) => word !== '').sort((a, b) => b.length - a.length);
  for (const word of words) shown = shown.replaceAll(word, HIDDEN);
  return withoutCredentials(shown);
}

/** How a server refuses a client that it does not know, or that lacks a permission. */
export function isAccessError(error: unknown): boolean {
  return /^(?:Ready check failed: )?(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH )/.test(text(error));
}

/** How a server asks for a password that a new connection may have. */
export function isUnknownClient(error: unknown): boolean {
  return /^NOAUTH\b/.test(text(error));
}

/** How a server answers that may not be written to any more: another one should be asked. */
export function isOfReplica(error: unknown): boolean {
  return /^(?:READONLY|MASTERDOWN)\b/.test(text(error));
}

/** The server carried out nothing of the request; an error from the middle of a script says where it arose. */
export function isRefusal(error: unknown): boolean {
  const message = text(error);
  return (
    !message.includes(' script: ') &&
    /^(?:READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|LOADING|BUSY|MISCONF|NOAUTH|NOPERM)\b/.test(message)
  );
}

/** How a server answers that can't serve now, and may before long: the caller decides for how long to ask again. */
export function isPassing(error: unknown): boolean {
  return /^(?:LOADING|BUSY|MISCONF|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)\b/.test(text(error));
}

/** Nothing of the request was carried out, and a moment later it may be: it is sent again within its own time. */
export function isMomentary(error: unknown): boolean {
  return /^(?:TRYAGAIN|CLUSTERDOWN)\b|^Stream isn't writeable|^Cluster isn't ready/.test(text(error));
}

/** The connection is gone, and with it the answer; or part of the request was carried out in the middle of a move. */
export function isInterruption(error: unknown): boolean {
  return /^Connection is closed|^Reached the max retries|^Too many Cluster redirections|^None of startup nodes|^Cluster is ended|access a non local key/.test(
    text(error),
  );
}

/** Whether it is the server's answer to the choice of a database. */
export function isOfSelect(error: unknown): boolean {
  const { command } = (error ?? {}) as { command?: { name?: unknown } };
  return String(command?.name).toLowerCase() === 'select';
}

/** What an error says; one of several addresses says nothing by itself. */
export function text(error: unknown): string {
  return readError(error).message;
}

/** By its shape: errors of sockets may come from another realm. */
function readError(error: unknown): { readonly name: string; readonly code?: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error) };
  const { name, message, code, lastNodeError } = error as Partial<Record<string, unknown>>;
  const why = lastNodeError ? ` ${text(lastNodeError)}` : '';
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: (typeof message === 'string' && message !== '' ? message : String(code ?? name)) + why,
    ...(typeof code === 'string' && { code }),
  };
}

/** Options of the board: what users write, what each defaults to, and the check at start-up. */
import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { LockOptionsError } from '../lock.errors.js';
import { messages } from '../lock.messages.js';
import { readName } from '../lock.tokens.js';
import { checkOptionNames, optionNames } from '../option-names.js';

/** Options of `LockBoardModule.forRoot`. */
export interface LockBoardModuleOptions {
  /**
   * Where the board is, below the global prefix of the application if it has one; no version is put before it.
   * @default 'locks'
   */
  path?: string | undefined;
  /**
   * Who may see it: guards, as for `@UseGuards`; each route of the board is behind all of them. Classes are made in the
   * board's module, so what they need has to be global, or in {@link imports}. An empty list is to be written down where
   * global guards, or the network, keep others out.
   */
  guards: readonly (Type<CanActivate> | CanActivate)[];
  /**
   * Whether it only shows. With `false`, all who may see it may take keys from their holders.
   * @default true
   */
  readOnly?: boolean | undefined;
  /**
   * Who the user of a request is, for `forceRelease`: its log line, its event, and the old holder's `LockLostError` say it.
   * Gets the request of Express or Fastify.
   */
  user?: LockBoardUser | undefined;
  /**
   * Name of the `LockService` that it shows, as in `DistributedLockModule.forRoot({ name })`.
   * @default the one without a name
   */
  name?: string | undefined;
  /** Modules that provide what the guards need. */
  imports?: ModuleMetadata['imports'] | undefined;
}

/** See {@link LockBoardModuleOptions.user}. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type LockBoardUser = (request: never) => string | undefined;

/** The same, complete and checked. */
export interface BoardSettings {
  readonly path: string;
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  readonly isReadOnly: boolean;
  readonly user: (request: unknown) => string | undefined;
  readonly name: string | undefined;
}

const OPTIONS = optionNames<LockBoardModuleOptions>({
  path: true,
  guards: true,
  readOnly: true,
  user: true,
  name: true,
  imports: true,
});

/** Plain segments: the page finds what it needs by the last of them. */
const PATH = /^[\w.~-]+(?:\/[\w.~-]+)*$/;

/** Throws a `LockOptionsError` for a bad option. */
export function readBoardOptions(options: LockBoardModuleOptions): BoardSettings {
  checkOptionNames(options, OPTIONS, 'LockBoardModule.forRoot()');
  const { path = 'locks', guards, readOnly = true, user = () => undefined, name } = options;
  const plain = typeof path === 'string' ? path.replace(/^\/+|\/+$/g, '') : '';
  if (!PATH.test(plain)) throw bad('path', path, "a path such as 'admin/locks', without parameters");
  if (!Array.isArray(guards) || !guards.every(isGuard)) {
    throw bad('guards', guards, 'a list of guards; an empty one where others keep strangers out');
  }
  if (typeof readOnly !== 'boolean') throw bad('readOnly', readOnly, 'true or false');
  if (typeof user !== 'function') throw bad('user', user, 'a function that gets the request');
  readName(name);
  return { path: plain, guards, isReadOnly: readOnly, user: user as BoardSettings['user'], name };
}

function isGuard(guard: unknown): boolean {
  if (typeof guard === 'function') return true;
  return typeof guard === 'object' && guard !== null && typeof (guard as CanActivate).canActivate === 'function';
}

function bad(name: string, value: unknown, expected: string): LockOptionsError {
  return new LockOptionsError(messages.option(name, value, expected));
}

/** What a command does once Redis can be asked. */
import type { Operator } from '../core/operations/operator.js';
import type { ExitCode } from './exit-codes.js';

export type Command = (operator: Operator) => Promise<ExitCode>;

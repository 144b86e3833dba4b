#!/usr/bin/env node
/** The command `nestjs-distributed-lock`: runs what was typed, and ends with its exit code. */
import { run } from './run.js';
import { openTerminal } from './terminal.js';

// The code is left behind instead of exiting at once, so that a pipe takes the rest of the output.
void run(process.argv.slice(2), openTerminal()).then((code) => (process.exitCode = code));

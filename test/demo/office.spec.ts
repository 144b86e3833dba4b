/** `npm run office`, as a person starts and ends it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../support/at-end.js';
import { ensureSampleApp } from '../support/processes/sample-app.mjs';

const MAIN = fileURLToPath(new URL('../../sample-app/dist/office/main.js', import.meta.url));

/** The pid of a Redis server that its line names. */
const PID = /a private server on port \d+, pid (\d+)/;

// It may have to be built.
beforeAll(ensureSampleApp, 180_000);

it.each([[[]], [['--memory']]])(
  'shows a board with traffic, and leaves nothing when it is interrupted: %j',
  async (args) => {
    const { REDIS_URL: _redis, ...env } = process.env;
    const office = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    atEnd(() => office.kill('SIGKILL'));
    const lines: string[] = [];
    const ended = once(office, 'exit') as Promise<[number | null]>;
    for await (const line of createInterface({ input: office.stdout })) {
      lines.push(line);
      if (line.startsWith('Ctrl-C')) break;
    }
    const board = lines.join('\n').match(/The board: (\S+)/)![1]!;
    expect(await (await fetch(board)).text()).toContain('<title>Locks</title>');
    const stream = await fetch(`${board}/stream`);
    let seen = '';
    for await (const piece of stream.body!) {
      seen += Buffer.from(piece).toString();
      if (/"key":"(?:seat-plan|settlement|sales-report|data-export)/.test(seen)) break;
    }
    office.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
    const pid = PID.exec(lines.join('\n'))?.[1];
    expect(pid === undefined).toBe(args.length > 0);
    if (pid !== undefined) expect(existsSync(`/proc/${pid}`)).toBe(false);
    await expect(fetch(board)).rejects.toThrow();
  },
);

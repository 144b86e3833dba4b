/** The command line. */
import { parseArgs } from 'node:util';

import { unpackBefore } from './before.mjs';
import { cases } from './cases/index.mjs';

const HELP = `Measures this library beside hand-written Redis commands and other lock libraries, in one run.

  --seconds N    measuring time per contestant and case (default 2)
  --only A,B     only these cases: ${cases.map(({ name }) => name).join(', ')}
  --before PATH  also measure a former build of this library: a packed .tgz, or a folder with package.json and dist
  --json FILE    also write every figure to FILE
  --help         this text

It starts a Redis server of its own unless REDIS_URL is set.`;

/** What was asked for; ends the process where that was help, or nonsense. */
export function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '2' },
        only: { type: 'string', default: '' },
        before: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return end(0, HELP);
    const seconds = Number(values.seconds);
    if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0, not ${values.seconds}`);
    return {
      seconds,
      chosen: casesNamed(values.only),
      json: values.json,
      before: values.before && unpackBefore(values.before),
    };
  } catch (error) {
    return end(2, `${error.message}\n\n${HELP}`);
  }
}

function casesNamed(list) {
  const names = list.split(',').filter((name) => name !== '');
  const unknown = names.find((name) => cases.every((each) => each.name !== name));
  if (unknown !== undefined) throw new Error(`--only names no case: ${unknown}`);
  return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
}

function end(status, text) {
  (status === 0 ? console.log : console.error)(text);
  process.exit(status);
}

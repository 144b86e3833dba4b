/**
 * A former build of this library, beside the present one in the same run (`--before`, see `../before.mjs`). The variable
 * names its folder; it is one of the environment, because every contestant has a process of its own.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { versionOfFolder } from '../versions.mjs';

export const VARIABLE = 'BENCH_BEFORE';

/** Records of two builds may differ, so each has its own; the prefixes are equally long. */
export const present = { entry: new URL('../../../dist/esm/index.js', import.meta.url).href, prefix: 'lock' };

/** Each contestant of this library is followed by itself in the former build, where there is one that can do the same. */
export function withFormer(contestants) {
  if (!process.env[VARIABLE]) return contestants;
  return contestants.flatMap((contestant) => {
    const isInBoth = contestant.own && (!contestant.shares || hasShares());
    return isInBoth ? [contestant, formerly(contestant)] : contestant;
  });
}

/** Whether the former build lets callers share a key: the rule by which it does has a file of its own. */
const hasShares = () => existsSync(`${process.env[VARIABLE]}/dist/esm/core/admission.js`);

function formerly(contestant) {
  const folder = process.env[VARIABLE];
  const build = { entry: pathToFileURL(`${folder}/dist/esm/index.js`).href, prefix: 'prev' };
  return {
    ...contestant,
    id: `before-${contestant.id}`,
    name: `before, ${contestant.name.replace(/^this library, /, '')}`,
    version: () => versionOfFolder(folder),
    own: false,
    formerOf: contestant.id,
    setup: (url, settings) => contestant.setup(url, { ...settings, build }),
  };
}

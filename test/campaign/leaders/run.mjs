/** Compiles the campaign of leaders and starts it. */
import { pathToFileURL } from 'node:url';

import { builtPath } from '../../support/processes/build.mjs';

// So that what the campaign started ends with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const { main } = await import(pathToFileURL(builtPath('test/campaign/leaders/main.ts')).href);
const isWell = await main(process.argv.slice(2), () => builtPath('test/campaign/leaders/instance.ts'));
process.exit(isWell ? 0 : 1);

/** `@anchan828/nest-redlock`: its decorator on a Nest provider. The CommonJS build, because Node cannot load its other. */
import { createRequire } from 'node:module';

import { connect } from '../client.mjs';
import { RETRY_MS, TTL_MS } from '../settings.mjs';
import { versionOf } from '../versions.mjs';
import { decorateMethod, startNest } from './nest.mjs';

const require = createRequire(import.meta.url);

export const nestRedlock = {
  id: 'nest-redlock',
  name: '@anchan828/nest-redlock @Redlock',
  version: () => versionOf('@anchan828/nest-redlock'),
  options: `retryDelay ${RETRY_MS} ms, retryJitter ${RETRY_MS / 2} ms, retryCount -1`,
  async setup(url, { ttl = TTL_MS } = {}) {
    const { Redlock, RedlockModule } = require('@anchan828/nest-redlock');
    class Sections {
      async run(_key, section) {
        return section();
      }
    }
    decorateMethod(
      Sections,
      'run',
      Redlock((_target, key) => `nest-redlock:${key}`),
    );
    const client = await connect(url);
    const settings = { retryCount: -1, retryDelay: RETRY_MS, retryJitter: RETRY_MS / 2 };
    const module = RedlockModule.register({ clients: [client], duration: ttl, settings });
    const app = await startNest(module, [Sections]);
    const sections = app.get(Sections);
    return {
      run: (key, section) => sections.run(key, section),
      close: () => app.close(), // quits the client as well
    };
  },
};

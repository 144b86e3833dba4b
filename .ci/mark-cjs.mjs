// The repository is `"type": "module"`; the CommonJS build needs a marker of its own.
import { writeFileSync } from 'node:fs';

writeFileSync(new URL('../dist/cjs/package.json', import.meta.url), '{ "type": "commonjs" }\n');

// Adds to package-lock.json the optional packages for other platforms that `npm install` left out because the registry
// it asked had none of them: without them `npm ci` refuses the lock file. Run it after a change of dependencies; it
// changes nothing when nothing is missing. The entries have no checksum; an npm that can fetch the packages adds it.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 's390x', 'riscv64', 'x64'];
const C_LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** What a package of binaries says of its platform in its name, such as `…-linux-x64-gnu`. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name}: add its entry to package-lock.json by hand.`);
  const libc = words.filter((word) => word in C_LIBRARIES).map((word) => C_LIBRARIES[word]);
  return { os, cpu, ...(libc.length > 0 && os[0] === 'linux' && { libc }) };
}

const known = new Set(Object.keys(lock.packages).map((key) => key.split('node_modules/').at(-1)));
const added = [];
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (known.has(name)) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name} ${version}: not pinned, add its entry by hand.`);
    added.push([`node_modules/${name}`, { version, ...(dev && { dev }), optional: true, ...platformOf(name) }]);
  }
}
if (added.length > 0) {
  const entries = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`);
}
console.log(`package-lock.json: ${added.length} entries added`);

/** The lowest version that package.json says the library works with: what the matrix runs on, so that the two agree. */
import { readFileSync } from 'node:fs';

const { peerDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** Of a range such as `^5.4.1 || ^6.0.0`, or `>=5.4.1 <7`. */
export function lowestOf(name) {
  const versions = [...peerDependencies[name].matchAll(/(?<![<.\d]|<=)\d+\.\d+\.\d+/g)].map(([version]) => version);
  if (versions.length === 0) throw new Error(`${name}: the range ${peerDependencies[name]} names no version`);
  return versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))[0];
}

// Adds up the counts that Jest's runs, the checks and the steps left in a file, and prints them as the closing line.
import { readFileSync } from 'node:fs';

const lines = readFileSync(process.argv[2], 'utf8').trim().split('\n');
const total = { passed: 0, failed: 0, skipped: 0 };
for (const counts of lines.map((line) => JSON.parse(line))) for (const kind in total) total[kind] += counts[kind];

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

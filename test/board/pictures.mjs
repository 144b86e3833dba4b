/**
 * Takes the pictures of the documentation: `npm run office` in one window, `node test/board/pictures.mjs ADDRESS` in another,
 * with the address that it prints.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const address = process.argv[2];
if (!address) throw new Error('Which address? `npm run office` prints it.');
const target = (name) => fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
/** So long the queues move before they are taken. */
const MOVEMENT = 20_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const list = await (await browser.newContext({ viewport: { width: 1_200, height: 700 } })).newPage();
  await list.goto(address);
  await list.getByRole('row').nth(8).waitFor();
  await list.waitForTimeout(MOVEMENT);
  await list.screenshot({ path: target('board') });
  const dark = await browser.newContext({ viewport: { width: 1_200, height: 760 }, colorScheme: 'dark' });
  const key = await dark.newPage();
  const hottest = await list.getByRole('row').nth(1).getByRole('link').getAttribute('href');
  await key.goto(`${address}${hottest}`);
  await key.getByText('Held by', { exact: false }).first().waitFor();
  await key.waitForTimeout(MOVEMENT);
  await key.screenshot({ path: target('board-key') });
} finally {
  await browser.close();
}

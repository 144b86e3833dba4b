/**
 * A real browser: Debian's Chromium, driven by Playwright. Where none can be had, a spec says so and leaves its tests out;
 * in CI that is a failure.
 */
import { afterAll, beforeAll } from '@jest/globals';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ensureProgram, onPath } from '../../sample-app/redis/debian-package.mjs';
import { atEnd } from './at-end.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const HOW = 'No Chromium found. Install one (Debian/Ubuntu: `apt-get install chromium`), or set CHROMIUM to its path.';

/** It talks to nobody but the pages it is shown. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a browser, or why there is none. */
function find(): { readonly path: string } | { readonly problem: string } {
  const named = process.env['CHROMIUM'];
  if (named) return { path: named };
  try {
    const look = (): string | null => NAMES.map(onPath).find((path) => path !== null) ?? null;
    return { path: ensureProgram(look, { title: 'Chromium', packageName: 'chromium', howToInstall: HOW }) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const found = find();
if ('problem' in found) {
  if (process.env['CI']) throw new Error(found.problem);
  process.stderr.write(`${found.problem} The tests of the board are left out.\n`);
}

/** `describe`, where there is a browser. */
export const describeInBrowser = 'path' in found ? describe : describe.skip;

let browser: Browser | undefined;

/** To be called once in a spec file that opens pages. */
export function useBrowser(): void {
  beforeAll(async () => {
    if ('path' in found) browser = await chromium.launch({ executablePath: found.path, args: ARGS });
  }, 60_000);
  afterAll(() => browser?.close());
}

/** What a page must not have done, by the end of the test. */
interface Watched {
  readonly page: Page;
  /** Errors of scripts, and of what the security policy refused. */
  readonly errors: string[];
  /** The hosts of all requests. */
  readonly hosts: Set<string>;
}

/** Opens a page. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser!.newContext({ viewport: { width: 1_200, height: 800 }, ...options });
  atEnd(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const [errors, hosts]: [string[], Set<string>] = [[], new Set()];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return { page, errors, hosts };
}

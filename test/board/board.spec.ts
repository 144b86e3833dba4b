/** The board as a person sees it: in a real browser, on Express and Fastify. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { VersioningType } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { LockService, LockUnavailableError } from 'nestjs-distributed-lock';
import { LockBoardModule } from 'nestjs-distributed-lock/board';
import type { LockBoardModuleOptions } from 'nestjs-distributed-lock/board';
import { ADAPTERS, lockModule, start as startApp, startHttp } from '../support/apps/apps.js';
import type { Adapter } from '../support/apps/apps.js';
import { describeInBrowser, openPage, useBrowser } from '../support/browser.js';
import { freshPrefix, REDIS_URL } from '../support/servers/run-server.js';
import { aborted } from '../support/waiting.js';

useBrowser();

interface Scene {
  readonly adapter?: Adapter;
  readonly configure?: (app: INestApplication) => void;
  readonly connection?: string;
}

async function open(
  options: Partial<LockBoardModuleOptions> = {},
  { adapter, configure, connection = REDIS_URL }: Scene = {},
) {
  const application = { name: 'shop', version: '1.2.3' };
  const prefix = freshPrefix();
  const { app, url } = await startHttp(
    {
      imports: [
        lockModule({ ttl: '60s', application, prefix, connection }),
        LockBoardModule.forRoot({ guards: [], ...options }),
      ],
    },
    adapter,
    configure,
  );
  return { app, url, prefix, locks: app.get(LockService) };
}

describeInBrowser('the board', () => {
  it.each(ADAPTERS)('sees a key appear, wait, change hands and go (%s)', async (adapter) => {
    const { url, locks, prefix } = await open({}, { adapter });
    const other = (await startApp({ imports: [lockModule({ prefix, ttl: '60s' })] })).get(LockService);
    const { page, errors, hosts } = await openPage(`${url}/locks`);
    await page.getByText('No key is held or waited for.').waitFor();
    const first = await locks.acquire('order:42', { label: 'ship' });
    const row = page.getByRole('row', { name: /order:42/ });
    await row.waitFor();
    await row.getByText('ship', { exact: true }).waitFor();
    await row.getByText('shop 1.2.3').waitFor();
    const second = other.acquire('order:42', { label: 'second' });
    await row.getByText('1', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'order:42' }).click();
    await page.getByRole('heading', { name: 'order:42' }).waitFor();
    await page.getByText('Queue: 1 place').waitFor();
    await page.getByRole('cell', { name: 'second' }).waitFor();
    await first.release();
    await page.getByText('Queue: 0 places').waitFor();
    await page.getByRole('cell', { name: 'second' }).waitFor();
    await page
      .getByText(/released/)
      .first()
      .waitFor();
    await (await second).release();
    await page
      .getByRole('main')
      .getByText(/^Free\./)
      .waitFor();
    await page.goBack();
    await page.getByText('No key is held or waited for.').waitFor();
    expect(errors).toEqual([]);
    expect([...hosts]).toEqual([new URL(url).host]);
  });

  it('does nothing that a key tells it to', async () => {
    const { url, locks } = await open();
    const key = '<img src=x onerror=alert(1)>';
    await using _lock = await locks.acquire(key, { label: '<b>bold</b>' });
    const { page, errors, hosts } = await openPage(`${url}/locks`);
    await page.getByRole('link', { name: key }).click();
    await page.getByRole('heading', { name: key }).waitFor();
    await page.getByText('<b>bold</b>').waitFor();
    expect(await page.locator('img, main b').count()).toBe(0);
    expect([errors, [...hosts]]).toEqual([[], [new URL(url).host]]);
  });

  it('takes a key away, after it was typed and with a reason; by keyboard alone', async () => {
    const { url, locks } = await open({ readOnly: false, user: () => 'ada' });
    const lock = await locks.acquire('order:42');
    const { page } = await openPage(`${url}/locks`);
    await page.getByRole('link', { name: 'order:42' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('order');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('order:42');
    await page.keyboard.press('Enter');
    await page.getByRole('main').getByText('Held by 1 process.').waitFor();
    await page.getByRole('button', { name: 'Force release' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const submit = dialog.getByRole('button', { name: 'Take it away' });
    expect(await submit.isDisabled()).toBe(true);
    await page.keyboard.type('order:4');
    await page.keyboard.press('Tab');
    await page.keyboard.type('it hangs');
    expect(await submit.isDisabled()).toBe(true);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('End');
    await page.keyboard.type('2');
    expect(await submit.isEnabled()).toBe(true);
    await page.keyboard.press('Enter');
    await aborted(lock.signal);
    expect(lock.signal.reason).toMatchObject({ reason: 'forced', message: expect.stringContaining('ada') });
    expect((lock.signal.reason as Error).message).toContain('it hangs');
    await page
      .getByRole('main')
      .getByText(/^Free\./)
      .waitFor();
    expect(await dialog.count()).toBe(0);
  });

  it('shows no way to do so where it is read-only', async () => {
    const { url, locks } = await open();
    await using _lock = await locks.acquire('order:42');
    const { page } = await openPage(`${url}/locks#key=order%3A42`);
    await page.getByRole('main').getByText('Held by 1 process.').waitFor();
    expect(await page.getByRole('button', { name: 'Force release' }).count()).toBe(0);
    const headers = { 'content-type': 'application/json', 'x-lock-board': '1', 'sec-fetch-site': 'same-origin' };
    const body = JSON.stringify({ key: 'order:42', confirmation: 'order:42', reason: 'x' });
    expect((await fetch(`${url}/locks/release`, { method: 'POST', headers, body })).status).toBe(403);
  });

  it('stays usable with 10 000 held keys', async () => {
    const { url, locks } = await open({}, { connection: 'memory' });
    for (let i = 0; i < 10_000; i += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, j) => locks.acquire(`key:${String(i + j).padStart(5, '0')}`)));
    }
    const { page, errors } = await openPage(`${url}/locks`);
    await page.getByRole('main').getByText('10,000 keys, 10,000 held').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('row').count()).toBeLessThan(200);
    await page.getByRole('searchbox').fill('09999');
    await page.getByRole('link', { name: 'key:09999' }).waitFor();
    await page.getByRole('main').getByText('1 of 10,000 keys').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText(/Page 2 of/).waitFor();
    expect(errors).toEqual([]);
  }, 120_000);

  it.each(['light', 'dark'] as const)('fits a phone of 360 px (%s)', async (colorScheme) => {
    const { url, locks } = await open();
    await using _lock = await locks.acquire(`order:${'long'.repeat(40)}`);
    await using _other = await locks.acquire('order:42');
    const { page } = await openPage(`${url}/locks`, { viewport: { width: 360, height: 740 }, colorScheme });
    await page.getByRole('link', { name: 'order:42' }).waitFor();
    const isWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(await isWide()).toBe(false);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(16, 20, 27)');
    await page.getByRole('link', { name: 'order:42' }).click();
    await page.getByRole('main').getByText('Held by 1 process.').waitFor();
    expect(await isWide()).toBe(false);
  });

  it.each(ADAPTERS)(
    'works below a global prefix, under versioning, with a longer path and a slash (%s)',
    async (adapter) => {
      const { url, locks } = await open(
        { path: 'admin/locks' },
        {
          adapter,
          configure: (app) => {
            app.setGlobalPrefix('api');
            app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
          },
        },
      );
      await using _lock = await locks.acquire('order:42');
      // Fastify tells the two apart, unless it is told not to.
      for (const end of adapter === 'Express' ? ['', '/'] : ['']) {
        const { page, errors } = await openPage(`${url}/api/admin/locks${end}`);
        await page.getByRole('link', { name: 'order:42' }).waitFor();
        expect(errors).toEqual([]);
      }
    },
  );

  it('shows keys whose processes are not known, and says why that may be', async () => {
    const { url, locks } = await open();
    jest.spyOn(locks.operator, 'processes').mockRejectedValue(new LockUnavailableError('another server is down'));
    await using _lock = await locks.acquire('order:42');
    const { page } = await openPage(`${url}/locks`);
    await page.getByText('1 key, 1 held').waitFor();
    await page.getByRole('row', { name: /order:42.*unknown/ }).waitFor();
    expect(await page.getByRole('alert').isVisible()).toBe(false);
    await page.getByRole('link', { name: 'order:42' }).click();
    await page.getByText(/not said yet who it is, or when what it has said can’t be read/).waitFor();
  });

  it('says of a key that is kept after its work that none of the callers has it', async () => {
    const { url, locks } = await open();
    await locks.withLock('nightly', { minHold: '60s' }, () => undefined);
    const { page } = await openPage(`${url}/locks`);
    await page.getByRole('link', { name: 'nightly' }).click();
    await page.getByText('kept after its work, or given to another process').waitFor();
  });

  it('says that the store can’t be read, keeps what it showed, and goes on by itself', async () => {
    const { app, url, locks } = await open();
    await using _lock = await locks.acquire('order:42');
    const { page } = await openPage(`${url}/locks`);
    await page.getByRole('link', { name: 'order:42' }).waitFor();
    await page.getByText('live, read-only').waitFor();
    await app.close();
    await page.getByText('connection lost, trying again').waitFor();
    expect(await page.getByRole('link', { name: 'order:42' }).isVisible()).toBe(true);
  });
});

@Injectable()
class Nobody implements CanActivate {
  static asked: string[] = [];

  canActivate(context: ExecutionContext): boolean {
    Nobody.asked.push((context.switchToHttp().getRequest() as { url: string }).url);
    return false;
  }
}

describe('the guards of the board', () => {
  it.each(ADAPTERS)('are asked for every route (%s)', async (adapter) => {
    const { url } = await open({ guards: [Nobody], readOnly: false }, { adapter });
    for (const path of ['', '/main.js', '/style.css', '/stream', '/nothing']) {
      expect([path, (await fetch(`${url}/locks${path}`)).status]).toEqual([path, 403]);
    }
    expect((await fetch(`${url}/locks/release`, { method: 'POST' })).status).toBe(403);
    expect(new Set(Nobody.asked.map((each) => each.split('?')[0])).size).toBe(6);
    Nobody.asked = [];
  });
});

const LONG = 'x'.repeat(2_000);

/** What the list's stream says until something has come. */
async function streamUntil(url: string, wanted: RegExp): Promise<string> {
  const stream = (await fetch(`${url}/locks/stream`)).body!.pipeThrough(new TextDecoderStream());
  let text = '';
  for await (const piece of stream) if (wanted.test((text += piece))) break;
  return text;
}

describe('a key that no lock can have', () => {
  it('is refused to its viewer, and keeps nothing from the others', async () => {
    const { url, locks } = await open();
    await using _lock = await locks.acquire('order:42');
    expect((await fetch(`${url}/locks/stream?key=${LONG}`)).status).toBe(400);
    expect(await streamUntil(url, /order:42|problem":"/)).toContain('order:42');
  });
});

describe('a list of keys whose processes can’t be looked up', () => {
  it('is read to its end all the same', async () => {
    const { url, locks } = await open();
    jest.spyOn(locks.operator, 'processes').mockRejectedValue(new LockUnavailableError('another server is down'));
    await using _lock = await locks.acquire('order:42');
    const text = await streamUntil(url, /"isComplete":true|problem":"/);
    expect(text).toMatch(/"key":"order:42".*"isComplete":true/);
  });
});

describe('a forced release', () => {
  const body = { key: 'order:42', confirmation: 'order:42', reason: 'it hangs' };
  const own = { 'content-type': 'application/json', 'x-lock-board': '1', 'sec-fetch-site': 'same-origin' };

  it.each([
    ['from another site', { ...own, 'sec-fetch-site': 'cross-site' }, body, 403],
    ['from another origin', { ...own, 'sec-fetch-site': '', origin: 'http://evil.example' }, body, 403],
    ['without the header of the page', { 'content-type': 'application/json' }, body, 403],
    ['with another key typed', own, { ...body, confirmation: 'order:4' }, 400],
    ['without a reason', own, { ...body, reason: ' ' }, 400],
    ['with no body', own, undefined, 400],
    ['with a body of another kind', own, [], 400],
    ['of a key that is too long', own, { ...body, key: LONG, confirmation: LONG }, 400],
    ['of a key that is no text', own, { ...body, key: '\ud800', confirmation: '\ud800' }, 400],
  ])('is refused %s', async (_, given, sent, status) => {
    const { url, locks } = await open({ readOnly: false });
    const lock = await locks.acquire('order:42');
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
    const answer = await fetch(`${url}/locks/release`, {
      method: 'POST',
      headers,
      ...(sent && { body: JSON.stringify(sent) }),
    });
    expect(answer.status).toBe(status);
    expect(lock.isHeld).toBe(true);
  });

  it('says what a proxy has to do that names the server otherwise than the browser', async () => {
    const { url } = await open({ readOnly: false });
    const { 'sec-fetch-site': _, ...plain } = own;
    const send = (host: string) =>
      new Promise<{ status: number; problem: string }>((resolve, reject) => {
        const headers = { ...plain, origin: 'http://ops.example', host };
        const asked = request(`${url}/locks/release`, { method: 'POST', headers }, (answer) => {
          let text = '';
          answer.on('data', (piece) => (text += String(piece)));
          answer.on('end', () => resolve({ status: answer.statusCode!, ...(JSON.parse(text) as { problem: string }) }));
        });
        asked.on('error', reject);
        asked.end(JSON.stringify(body));
      });
    const line = 'proxy_set_header Host $http_host;';
    expect(await send('internal:3000')).toEqual({ status: 403, problem: expect.stringContaining(line), isDone: false });
    expect(await send('ops.example')).toMatchObject({ status: 200, problem: null });
    expect(readFileSync(new URL('../../docs/board.md', import.meta.url), 'utf8')).toContain(line);
  });
});

/** What the board shows when it can't read, and to people who want no motion. */
import { LockService } from 'nestjs-distributed-lock';
import { LockBoardModule } from 'nestjs-distributed-lock/board';
import { lockModule, startHttp } from '../support/apps/apps.js';
import { describeInBrowser, openPage, useBrowser } from '../support/browser.js';
import { hang, openRedis } from '../support/servers/own-servers.js';

useBrowser();

describeInBrowser('the board', () => {
  it('says that Redis hangs, keeps what it showed, and goes on when it answers again', async () => {
    const redis = await openRedis();
    const { app, url } = await startHttp({
      imports: [
        lockModule({ connection: redis.url, ttl: '60s', commandTimeout: '300ms' }),
        LockBoardModule.forRoot({ guards: [] }),
      ],
    });
    await using _lock = await app.get(LockService).acquire('order:42');
    const { page, errors } = await openPage(`${url}/locks`);
    const link = page.getByRole('link', { name: 'order:42' });
    await link.waitFor();
    await hang(redis);
    await page.getByRole('alert').filter({ hasText: "can't be read" }).waitFor();
    expect(await link.isVisible()).toBe(true);
    expect(await page.locator('main.old').count()).toBe(1);
    redis.resume();
    await page.getByRole('alert').waitFor({ state: 'hidden' });
    await page.locator('main:not(.old)').waitFor();
    expect(errors).toEqual([]);
  });

  it('shows what is left of a lease without motion where none is wanted, and runs else', async () => {
    const { app, url } = await startHttp({
      imports: [lockModule({ connection: 'memory', ttl: '10m' }), LockBoardModule.forRoot({ guards: [] })],
    });
    await using _lock = await app.get(LockService).acquire('order:42');
    const cases = (['reduce', 'no-preference'] as const).flatMap((each) => [
      [each, ''] as const,
      [each, '#key=order:42'] as const,
    ]);
    for (const [reducedMotion, place] of cases) {
      const { page } = await openPage(`${url}/locks${place}`, { reducedMotion });
      await page.locator('.bar').waitFor();
      const running = 'document.getAnimations().length';
      expect([reducedMotion, await page.evaluate(running)]).toEqual([
        reducedMotion,
        reducedMotion === 'reduce' ? 0 : 1,
      ]);
      const width = 'document.querySelector(".bar span").getBoundingClientRect().width';
      expect(await page.evaluate(width)).toBeGreaterThan(20);
    }
  });

  it('learns of each line that is looked at what it is held for, one after the other', async () => {
    const { app, url } = await startHttp({
      imports: [lockModule({ ttl: '10m' }), LockBoardModule.forRoot({ guards: [] })],
    });
    for (let i = 0; i < 8; i++) await app.get(LockService).acquire(`order:${i}`, { label: `step ${i}` });
    const { page } = await openPage(`${url}/locks`);
    for (let i = 0; i < 8; i++) await page.getByText(`step ${i}`).waitFor({ timeout: 20_000 });
  }, 40_000);
});

/**
 * A request that any server of a cluster can answer, of which one may hang: while there is no answer it is sent again, perhaps
 * to another, and the first answer counts.
 */

/** How often it is sent, and after how many milliseconds again. */
const [ATTEMPTS, AGAIN_AFTER] = [5, 200];

/** Rejects as the last of the requests does, when all have failed. `send` settles within `timeLimit` milliseconds. */
export function hedged<Answer>(send: () => Promise<Answer>, timeLimit: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let [sent, failed] = [0, 0];
    let timer: NodeJS.Timeout | undefined;
    const attempt = (): void => {
      clearTimeout(timer);
      if (sent === ATTEMPTS) return;
      sent += 1;
      if (sent < ATTEMPTS) timer = setTimeout(attempt, Math.min(AGAIN_AFTER, timeLimit / ATTEMPTS));
      timer?.unref?.();
      send().then(
        (answer) => {
          clearTimeout(timer);
          // None is sent any more.
          sent = ATTEMPTS;
          resolve(answer);
        },
        (error: unknown) => {
          failed += 1;
          if (failed === ATTEMPTS) reject(error as Error);
          else attempt();
        },
      );
    };
    attempt();
  });
}

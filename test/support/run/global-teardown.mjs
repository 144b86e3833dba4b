/** Ends the server that `global-setup.mjs` started. */
export default async function teardown() {
  await globalThis.throwAwayRedis?.stop();
}

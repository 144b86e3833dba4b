/** Entries that a case has for itself: started one after the other, and closed whatever happens. */

/**
 * @param starts functions that start an entry, or anything else with a `close`
 * @param use what is done with them all
 */
export async function withEntries(starts, use) {
  const entries = [];
  try {
    for (const start of starts) entries.push(await start());
    return await use(entries);
  } finally {
    await Promise.allSettled(entries.map((entry) => entry.close()));
  }
}

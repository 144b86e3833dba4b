/** A contestant in several processes at once that work on a case together, as one entry of the tables. */
import { now } from './clock.mjs';

/** Time for the order to reach all of them. */
const BEGIN_MS = 30;

/** @param open starts one process with these `options`, see `cases/index.mjs` */
export async function openGroup(open, contestant, size, options) {
  const members = await Promise.all(
    Array.from({ length: size }, () => open(contestant, { ...options, processor: null })),
  );
  return {
    contestant,
    members,
    failure: members.find(({ failure }) => failure !== undefined)?.failure,
    /** All begin at the same moment; answers the figures of each. */
    work(name, milliseconds, detail) {
      const begin = now() + BEGIN_MS;
      return Promise.all(members.map((member) => member.work(name, milliseconds, { ...detail, begin })));
    },
    close: () => Promise.all(members.map((member) => member.close())),
  };
}

/**
 * No lock at all: the callers of one process, one after the other. What they cost themselves, with as many of them, shows
 * how much of a change from few to many is the lock's.
 */
export const bareQueue = {
  id: 'bare-queue',
  name: 'callers in a row, no lock',
  options: '',
  byHand: true,
  alone: true,
  async setup() {
    const queues = new Map();
    return {
      async run(key, section) {
        const queue = queues.get(key);
        if (queue) await new Promise((resolve) => queue.push(resolve));
        else queues.set(key, new Row());
        try {
          return await section();
        } finally {
          if (!queues.get(key).next()) queues.delete(key);
        }
      },
      close: () => undefined,
    };
  },
};

/** First in, first out; taking out the first does not move the rest. */
class Row {
  #members = [];
  #begin = 0;

  push(member) {
    this.#members.push(member);
  }

  next() {
    const member = this.#members[this.#begin];
    if (!member) return false;
    this.#members[this.#begin++] = undefined;
    if (this.#begin > 1_024 && this.#begin * 2 > this.#members.length) {
      this.#members = this.#members.slice(this.#begin);
      this.#begin = 0;
    }
    member();
    return true;
  }
}

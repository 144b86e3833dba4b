/** How many requests reach a server in a second, whenever within its job each of them does. */
import { Pace } from '../../lib/board/pace.js';
import { Random } from '../support/random.js';

let time = 0;
const now = (): number => time;

beforeEach(() => {
  time = 0;
});

it('no second of the server has more than the limit, however late requests reach it and answers come back', () => {
  const chance = new Random(7);
  const random = (): number => chance.next();
  const pace = new Pace(now);
  pace.limit = 5;
  const arrived: number[] = [];
  for (let job = 0; job < 500; job++) {
    const cost = 1 + Math.floor(random() * 5);
    while (pace.delay(cost) > 0) time += pace.delay(cost);
    const spending = pace.begin(1 + Math.floor(random() * cost));
    spending.costs(cost);
    const took = random() < 0.2 ? random() * 900 : random() * 5;
    for (let i = 0; i < cost; i++) arrived.push(time + random() * took);
    time += took;
    spending.end();
    if (random() < 0.3) time += random() * 700;
  }
  arrived.sort((a, b) => a - b);
  for (let i = 5; i < arrived.length; i++) expect(arrived[i]! - arrived[i - 5]!).toBeGreaterThan(1_000);
  // It does not get there by doing nothing.
  expect(arrived.length / (time / 1_000)).toBeGreaterThan(1.5);
});

it('a job that costs more than a second allows begins alone, and its time is waited for after it', () => {
  const pace = new Pace(now);
  pace.limit = 5;
  pace.begin(1).end();
  expect(pace.delay(12)).toBeGreaterThan(1_000);
  time = 2_000;
  expect(pace.delay(12)).toBe(0);
  pace.begin(12).end();
  time += 2_500;
  expect([pace.delay(3), pace.delay(4) > 0, pace.room]).toEqual([0, true, 3]);
});

it('what turns out not to be needed is given back, and what is under way has no end yet', () => {
  const pace = new Pace(now);
  pace.limit = 5;
  const spending = pace.begin(5);
  expect([pace.room, pace.delay(1)]).toEqual([0, Infinity]);
  spending.costs(2);
  expect([pace.room, pace.delay(3)]).toEqual([3, 0]);
  spending.costs(0);
  spending.end();
  expect(pace.room).toBe(5);
});

/** One key that many callers of one process want. */
import { WAITERS } from '../settings.mjs';
import { measureOneKey, ONE_KEY_COLUMNS, workOnOneKey } from './one-key.mjs';

export const hot = {
  name: 'hot',
  title: `One key, ${WAITERS} waiters in one process`,
  columns: ONE_KEY_COLUMNS,
  measure: ({ entries, seconds }) => measureOneKey('hot', entries, seconds),
  work: workOnOneKey('hot', WAITERS),
};

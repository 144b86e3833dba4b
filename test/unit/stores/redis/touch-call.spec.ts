/** Whether a touch that is under way may be sent again. */
import { expect, it } from '@jest/globals';
import { TouchCall } from '../../../../lib/stores/redis/touch-call.js';

const requests = [{ token: 'a' }, { token: 'b' }];

it('a touch is not sent again once one of its tokens is being released', () => {
  const call = new TouchCall(requests);
  call.overtake([{ token: 'c' }]);
  expect(call.mayRepeat()).toBe(true);
  call.overtake([{ token: 'b' }]);
  expect(call.mayRepeat()).toBe(false);
});

it('a touch is not sent again when it is not wanted any more elsewhere', () => {
  let isWanted = true;
  const call = new TouchCall(requests, () => isWanted);
  expect(call.mayRepeat()).toBe(true);
  isWanted = false;
  expect(call.mayRepeat()).toBe(false);
});

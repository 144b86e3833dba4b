/**
 * A key that several may hold: what is written down of it, and the rule of `lib/core/admission.ts` in Lua, where all else
 * about shared keys goes by it. Beside the record and the queue, in the same slot, lie:
 *
 * - ends (`:ends`): sorted set of the holders' tokens by the server time in µs at which their leases end.
 * - limits (`:limits`): sorted set of the holders that have a limit by that limit; so the smallest is found at once.
 * - shares (`:shares`): hash of each holder's token to its fencing token, weight and limit (0 for none). Its field `+` has
 *   the weight of all together, and is missing where a full server refused to write it; `^` is the holder that waits to be
 *   converted, behind a sign, and the limit and the weight that it wants.
 * - wants (`:wants`): hash of tokens in the queue to limit and weight, of those only that would share the key.
 *
 * The fencing token on record is the first of the block of the latest grant. The record itself changes at grants only:
 * a holder that leaves is taken out beside it. All that lies there ends with the last lease, or with the last place.
 */

/** The rule. `weight` and `smallest` are the weight and the smallest limit of the holders together. */
export const ADMITS = `
      local function admits(weight, smallest, limit, own_weight)
        return weight + own_weight <= math.min(smallest, limit)
      end
`;

/** A limit as the scripts write it down. */
export function limitText(limit: number): string {
  return limit === Infinity ? '0' : String(limit);
}

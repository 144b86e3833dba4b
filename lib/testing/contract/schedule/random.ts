/** Numbers that look random, the same for the same seed. */
interface Random {
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** Lehmer's generator, modulus 2^31 − 1. */
export function random(seed: number): Random {
  let state = seed * 48_271;
  const below = (limit: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  return { below, pick: (items) => items[below(items.length)]! };
}

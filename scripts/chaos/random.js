/** Makes numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {number} seed */
export function pickerOf(seed) {
  const random = randomOf(seed);
  return {
    between: (low, high) => low + random() * (high - low),
    shuffled: (items) =>
      items
        .map((item) => ({ item, rank: random() }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ item }) => item),
  };
}

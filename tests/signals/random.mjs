// Random numbers from a seed, so that a failure can be run again: mulberry32. Must never be used for anything but tests.

/** @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  /** A whole number from 0 to below `end`. */
  const below = (end) => Math.floor(unit() * end);
  return {
    unit,
    below,
    between: (first, last) => first + below(last - first + 1),
    chance: (share) => unit() < share,
    pick: (list) => list[below(list.length)],
    /** Each of `list` with the same chance, which is itself random: often none, sometimes all. */
    some: (list) => {
      const share = pickShare();
      return list.filter(() => unit() < share);
    },
  };
  function pickShare() {
    return [0, 0.1, 0.5, 0.9, 1][below(5)];
  }
}

/** The numbers from `first` to `last`. */
export const range = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

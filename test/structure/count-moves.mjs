/**
 * Counts the moves in the files of the functions that a call enters. A move is an entry into another file than the one
 * entered before, the first of all included; a move back is one into a file that was there before.
 */
export function countMoves(trace) {
  const seen = new Set();
  let [moves, backs] = [0, 0];
  trace.forEach((file, i) => {
    if (file !== trace[i - 1]) {
      moves += 1;
      if (seen.has(file)) backs += 1;
    }
    seen.add(file);
  });
  return { moves, backs, functions: trace.length, files: seen.size };
}

export interface Moves {
  readonly moves: number;
  readonly backs: number;
  readonly functions: number;
  readonly files: number;
}

export declare function countMoves(trace: readonly string[]): Moves;

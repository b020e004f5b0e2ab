/** Random choices that a seed fixes, so that every failure can be played again. */
export interface Dice {
  /** A whole number from 0 up to, but without, `below`. */
  readonly roll: (below: number) => number
  /** True in one of `times` cases on average. */
  readonly oneIn: (times: number) => boolean
  readonly pick: <A>(from: ReadonlyArray<A>) => A
}

/** Dice by the xorshift method: 32 bits of state, no multiplication to get wrong. */
export const dice = (seed: number): Dice => {
  let state = (seed + 1) * 0x9e3779b1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  for (let warmUp = 0; warmUp < 8; warmUp++) next()
  const roll = (below: number): number => next() % below
  return {
    roll,
    oneIn: (times) => roll(times) === 0,
    pick: <A>(from: ReadonlyArray<A>): A => from[roll(from.length)] as A
  }
}

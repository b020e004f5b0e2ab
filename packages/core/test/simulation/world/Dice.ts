/** Chance that can be repeated: the same seed throws the same numbers. */

/** Mixes a text into a number, by FNV-1a (32 bits). */
const hash = (text: string): number => {
  let mixed = 0x811c9dc5
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193)
  return mixed >>> 0
}

/** Chance that can be repeated. Two dice of different names are independent of each other. */
export class Dice {
  #state: number

  constructor(seed: number, name = "") {
    this.#state = hash(`${name}:${seed}`)
  }

  /** A number from 0 up to, but without, 1: one step of the generator mulberry32, which is in the public domain. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number between two bounds, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list. */
  pick<A>(list: ReadonlyArray<A>): A {
    const one = list[this.between(0, list.length - 1)]
    if (one === undefined) throw new Error("there is nothing to pick from")
    return one
  }

  /** Some of a list, in its order: each with this probability. */
  some<A>(list: ReadonlyArray<A>, probability: number): ReadonlyArray<A> {
    return list.filter(() => this.chance(probability))
  }
}

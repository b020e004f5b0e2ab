/** A change of a source that breaks what one row of the checklist promises, and nothing else as far as that is possible. */
import type { Edit } from "../planted/PlantedBug.ts"

export { edit } from "../planted/PlantedBug.ts"

/** A change of the sources that a test of its row has to notice. */
export interface Mutation {
  /** Number of the row in `docs/checklist.md`. */
  readonly row: number
  /** What is no longer so, in a few words. */
  readonly breaks: string
  readonly edits: ReadonlyArray<Edit>
}

/** A change of the sources that breaks what a row promises. */
export const mutation = (row: number, breaks: string, ...edits: ReadonlyArray<Edit>): Mutation => ({
  row,
  breaks,
  edits
})

/** A choice of so many mutations of different rows, which the seed decides alone. */
export const choose = (
  mutations: ReadonlyArray<Mutation>,
  count: number,
  seed: number
): ReadonlyArray<Mutation> => {
  const random = randomOf(seed)
  const pick = <A>(list: Array<A>): A | undefined => list.splice(Math.floor(random() * list.length), 1)[0]
  const rows = [...Map.groupBy(mutations, ({ row }) => row).values()]
  const chosen: Array<Mutation> = []
  while (chosen.length < count && rows.length > 0) {
    const one = pick([...(pick(rows) ?? [])])
    if (one !== undefined) chosen.push(one)
  }
  return chosen.sort((a, b) => a.row - b.row)
}

/** Numbers between 0 and 1, the same ones for the same seed. */
const randomOf = (seed: number) => {
  let at = seed >>> 0
  return (): number => {
    at = (at + 0x9e3779b9) >>> 0
    let mixed = Math.imul(at ^ (at >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x1_0000_0000
  }
}

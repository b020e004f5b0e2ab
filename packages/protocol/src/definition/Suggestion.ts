/**
 * "Did you mean": finds the known name that an unknown one was probably meant to be.
 *
 * Names are close when they differ in nothing but case, `_` and `-`, or when at most two typing mistakes turn one into
 * the other. A typing mistake is a character too many, one too few, a wrong one, or two neighbours swapped.
 */

/** Most typing mistakes between a name and its suggestion. */
export const distanceMax = 2

/** Longest name that gets a suggestion, in UTF-16 code units. */
export const lengthMax = 256

/** Prefixes of known names that one search looks at, at most; beyond it the best name found so far is the answer. */
export const visitMax = 20_000

/** Known names as a search wants them. */
export interface Words {
  /** Each name once, sorted by UTF-16 code unit, so that names with a common prefix are neighbours. */
  readonly sorted: ReadonlyArray<string>
  /** The first name of each spelling without case, `_` and `-`. */
  readonly plain: ReadonlyMap<string, string>
}

/** Known names, prepared for many searches when the first one comes: a flow without mistakes needs none. */
export interface Vocabulary {
  readonly words: () => Words
}

const plainOf = (name: string): string => name.toLowerCase().replace(/[_-]/g, "")

const prepare = (names: Iterable<string>): Words => {
  const sorted = [...new Set(names)].sort()
  const plain = new Map<string, string>()
  for (const name of sorted) {
    const key = plainOf(name)
    if (!plain.has(key)) plain.set(key, name)
  }
  return { sorted, plain }
}

/** Known names to search among. They must stay as they are until the first search. */
export const vocabulary = (names: Iterable<string>): Vocabulary => {
  let words: Words | undefined
  return { words: () => (words ??= prepare(names)) }
}

/**
 * The known name closest to `name`, or `undefined` when none is close.
 *
 * Of equally close names the first by UTF-16 code unit is taken. A name never turns into one that shares nothing with
 * it: one of two characters may have one mistake, one of a single character none.
 *
 * **Example**
 * ```ts
 * Suggestion.nearest("fecth", Suggestion.vocabulary(["fetch", "match"]))
 * // => "fetch"
 * ```
 */
export const nearest = (name: string, known: Vocabulary): string | undefined => {
  if (name.length === 0 || name.length > lengthMax) return undefined
  const { plain, sorted } = known.words()
  const spelling = plain.get(plainOf(name))
  if (spelling !== undefined && spelling !== name) return spelling
  return search(name, sorted, Math.min(distanceMax, name.length - 1))
}

// -- internal -------------------------------------------------------------------------------------------------------

/**
 * Walks the sorted names like the tree of their prefixes: a prefix that is already too far from the name is left with
 * all names that begin with it, and names that share a prefix share the work done for it.
 */
const search = (name: string, sorted: ReadonlyArray<string>, allowed: number): string | undefined => {
  const rows: Array<ReadonlyArray<number>> = [Array.from({ length: name.length + 1 }, (_, index) => index)]
  let limit = allowed
  let best: string | undefined
  let previous = ""
  let visits = 0
  let index = 0
  while (index < sorted.length && limit > 0) {
    const candidate = sorted[index] ?? ""
    let depth = Math.min(sharedPrefix(candidate, previous), rows.length - 1)
    rows.length = depth + 1
    previous = candidate
    while (depth < candidate.length && isNear(rows[depth], limit)) {
      if (++visits > visitMax) return best
      rows.push(nextRow(name, candidate, depth, rows))
      depth++
    }
    if (!isNear(rows[depth], limit)) {
      index = firstWithoutPrefix(sorted, index, candidate.slice(0, depth))
      continue
    }
    const distance = rows[depth]?.[name.length] ?? Infinity
    if (depth === candidate.length && distance > 0 && distance <= limit) {
      best = candidate
      limit = distance - 1
    }
    index++
  }
  return best
}

const isNear = (row: ReadonlyArray<number> | undefined, limit: number): boolean =>
  row !== undefined && row.some((distance) => distance <= limit)

/**
 * The distances of each prefix of `name` to the first `depth + 1` characters of `candidate`, from the rows before.
 * Prefixes whose length differs by more than the greatest distance are too far without counting.
 */
const nextRow = (
  name: string,
  candidate: string,
  depth: number,
  rows: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<number> => {
  const row = Array.from({ length: name.length + 1 }, () => distanceMax + 1)
  const above = rows[depth] ?? []
  const twoAbove = rows[depth - 1] ?? []
  const from = Math.max(0, depth + 1 - distanceMax)
  const to = Math.min(name.length, depth + 1 + distanceMax)
  for (let column = from; column <= to; column++) {
    if (column === 0) {
      row[0] = depth + 1
      continue
    }
    const changed = candidate[depth] === name[column - 1] ? 0 : 1
    const swapped =
      depth > 0 &&
      column > 1 &&
      candidate[depth] === name[column - 2] &&
      candidate[depth - 1] === name[column - 1]
    row[column] = Math.min(
      (above[column - 1] ?? Infinity) + changed,
      (above[column] ?? Infinity) + 1,
      (row[column - 1] ?? Infinity) + 1,
      swapped ? (twoAbove[column - 2] ?? Infinity) + 1 : Infinity
    )
  }
  return row
}

const sharedPrefix = (a: string, b: string): number => {
  const shorter = Math.min(a.length, b.length)
  let length = 0
  while (length < shorter && a[length] === b[length]) length++
  return length
}

/** The first index after `index` whose name does not begin with the prefix. */
const firstWithoutPrefix = (sorted: ReadonlyArray<string>, index: number, prefix: string): number => {
  let low = index + 1
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]?.startsWith(prefix) === true) low = middle + 1
    else high = middle
  }
  return low
}

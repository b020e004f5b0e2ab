/**
 * Counts work instead of measuring time: how many elements of lists, sets and maps a piece of code looks at while it
 * runs, through loops, spreads and the methods that walk over all of them.
 */
const listMethods = [
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "flatMap",
  "forEach",
  "includes",
  "indexOf",
  "map",
  "reduce",
  "slice",
  "some",
  "sort",
  "splice",
  "toSorted"
] as const

type Methods = Record<PropertyKey, (...values: Array<unknown>) => unknown>

const replaced = (owner: object, name: PropertyKey, wrap: (original: Methods[string]) => Methods[string]) => {
  const methods = owner as Methods
  const original = methods[name]
  if (original === undefined) throw new Error(`there is no method ${String(name)}`)
  Object.defineProperty(owner, name, { value: wrap(original), configurable: true, writable: true })
  return () => Object.defineProperty(owner, name, { value: original, configurable: true, writable: true })
}

/** Runs a function and counts the elements that it looks at. Nothing else must run meanwhile. */
export const countWork = (run: () => void): number => {
  let count = 0
  const restore: Array<() => void> = []
  for (const name of listMethods) {
    restore.push(
      replaced(
        Array.prototype,
        name,
        (original) =>
          function (this: ReadonlyArray<unknown>, ...values) {
            count += this.length
            return original.apply(this, values)
          }
      )
    )
  }
  const iterated: ReadonlyArray<readonly [object, PropertyKey]> = [
    [Array.prototype, Symbol.iterator],
    [Set.prototype, Symbol.iterator],
    [Set.prototype, "values"],
    [Map.prototype, Symbol.iterator],
    [Map.prototype, "values"],
    [Map.prototype, "keys"],
    [Map.prototype, "entries"]
  ]
  for (const [owner, name] of iterated) {
    restore.push(
      replaced(
        owner,
        name,
        (original) =>
          function (this: unknown, ...values) {
            const iterator = original.apply(this, values) as IterableIterator<unknown>
            const next = iterator.next.bind(iterator)
            const counted: IterableIterator<unknown> = {
              next: () => {
                count++
                return next()
              },
              [Symbol.iterator]: () => counted
            }
            return counted
          }
      )
    )
  }
  // Setting the counter up has been counted too.
  count = 0
  try {
    run()
    return count
  } finally {
    for (const undo of restore.reverse()) undo()
  }
}

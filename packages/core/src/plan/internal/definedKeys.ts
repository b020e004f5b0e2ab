/** A type without the keys that may hold `undefined` only. */
type Defined<A> = { [K in keyof A]: Exclude<A[K], undefined> }

/** An object without the keys that hold `undefined`, which a definition has no form for. */
export const definedKeys = <A extends object>(object: A): Defined<A> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<A>

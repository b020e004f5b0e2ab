/** A record of whose optional members those that are absent are really absent, as JSON has it. */
export type Present<A> = { [K in keyof A as undefined extends A[K] ? never : K]: A[K] } & {
  [K in keyof A as undefined extends A[K] ? K : never]?: Exclude<A[K], undefined>
}

/** Leaves out the members that are `undefined`. */
export const present = <A extends object>(value: A): Present<A> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<A>

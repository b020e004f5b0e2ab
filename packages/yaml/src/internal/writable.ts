/** A record that is being put together. */
export type Writable<A> = { -readonly [Key in keyof A]: A[Key] }

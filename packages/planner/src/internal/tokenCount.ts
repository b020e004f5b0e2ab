/** What a provider tells of the tokens of an answer, in whatever way: what is no count counts as not told. */

const asCount = (told: unknown): number | undefined => {
  const count = typeof told === "number" ? Math.round(told) : Number.NaN
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** Tokens by the name of what they were used for: a number, or numbers by kind with their `total`. */
export const tokenCount = (usage: unknown, name: string): number | undefined => {
  const told = (usage as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return asCount((told as { readonly total?: unknown } | null | undefined)?.total ?? told)
}

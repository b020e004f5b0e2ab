/** Words by which texts are compared: small ones, which every text has, do not count. */
const common = new Set(
  "a about after all an and any are as at be before by can do does for from how if in into is it its no not of on one or so that the them then there they this to was what when where which while who why will with without you your".split(
    " "
  )
)

/** The words of a text that say what it is about, each once and without the endings that English gives them. */
export const keywordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
      .filter((word) => !common.has(word))
      .map((word) => (word.length > 4 ? word.replace(/(?:ies|es|ed|ing|s)$/, "") : word))
  )

/** How much a text has to do with words: how many of them it has, a little less for long texts. */
export const score = (words: ReadonlySet<string>, text: string): number => {
  const own = keywordsOf(text)
  let shared = 0
  for (const word of words) if (own.has(word)) shared++
  return shared / Math.sqrt(1 + own.size / 50)
}

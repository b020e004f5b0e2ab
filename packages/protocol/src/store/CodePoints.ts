/** The order of texts in every store: that of their code points. */

/** Moves the surrogates, which write code points above U+FFFF, behind the code units that follow them. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)

/**
 * Compares two texts code point by code point, which is the order of their bytes in UTF-8 and thus the order of every
 * database. JavaScript's own `<` compares UTF-16 code units and puts emoji before some other characters.
 */
export const compare = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = a.charCodeAt(index) - b.charCodeAt(index)
    if (difference !== 0) return rank(a.charCodeAt(index)) - rank(b.charCodeAt(index))
  }
  return a.length - b.length
}

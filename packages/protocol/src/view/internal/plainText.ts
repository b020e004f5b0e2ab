/** Characters that would break a line, move the cursor, or turn the direction of the text around them. */
// oxlint-disable-next-line no-control-regex -- these are the characters that must not get through.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g

/** A text in one line, without anything that could act on the page or the terminal that shows it. */
export const plainText = (text: string): string =>
  text.toWellFormed().replace(unsafe, (found) => (/[\t\n\r\u2028\u2029]/.test(found) ? " " : "\ufffd"))

/** Ranges of characters that take two columns: East Asian scripts, full-width forms and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** How many columns a text takes, roughly. */
export const columnsOf = (text: string): number => {
  let columns = 0
  for (const character of text) columns += wide.test(character) ? 2 : 1
  return columns
}

/** A text in one line of at most that many columns; what does not fit is replaced by `…`. */
export const fitText = (text: string, columns: number): string => {
  // No character takes more than a few code units, so the rest of a text of a megabyte need not be looked at.
  const lengthMax = columns * 4
  const line = plainText(text.slice(0, lengthMax))
  if (text.length <= lengthMax && columnsOf(line) <= columns) return line
  let used = 0
  let fitting = ""
  for (const character of line) {
    used += columnsOf(character)
    if (used > columns - 1) break
    fitting += character
  }
  return `${fitting}…`
}

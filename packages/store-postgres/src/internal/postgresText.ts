/**
 * Texts as PostgreSQL keeps them. Its `text` holds every character but NUL, so U+0000 is written as U+0001 U+0001 and U+0001
 * as U+0001 U+0002. JSON has neither of them, so almost every text is kept as it is, readable by `psql`; and since the
 * replacement keeps the order of code points, the database sorts what is written as it would sort what is meant.
 */

/** The text that is stored. */
export const encodeText = (text: string): string =>
  text.includes("\u0000") || text.includes("\u0001")
    ? text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\u0000", "\u0001\u0001")
    : text

/** The text that was meant. */
export const decodeText = (stored: string): string =>
  stored.includes("\u0001")
    ? stored.replaceAll("\u0001\u0001", "\u0000").replaceAll("\u0001\u0002", "\u0001")
    : stored

/**
 * The text as it is bound to a statement that looks something up. Half of a surrogate pair would become another text on its
 * way and might find what it does not name. No such text was ever stored, so it is bound as NULL, which equals nothing.
 */
export const soughtText = (text: string): string | null => (text.isWellFormed() ? encodeText(text) : null)

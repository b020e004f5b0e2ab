/**
 * The text as it is bound to a statement that looks something up. SQLite keeps UTF-8, where a text with half of a surrogate
 * pair would become another text and might find what it does not name. No such text was ever stored, so it is bound as
 * NULL, which equals nothing.
 */
export const wellFormed = (text: string): string | null => (text.isWellFormed() ? text : null)

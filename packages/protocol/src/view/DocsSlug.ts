/**
 * Where the documentation explains an error: the page `docs/errors/<slug>.md`.
 *
 * **Example**
 * ```ts
 * DocsSlug.ofTag("SequenceConflict")
 * // => "sequence-conflict"
 * ```
 */
export const ofTag = (tag: string): string => tag.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase()

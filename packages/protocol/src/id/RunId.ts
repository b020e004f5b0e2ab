/**
 * The name of a run: everything that is stored is keyed by it.
 *
 * Any text is a run id, also one with quotes, wildcards or emoji, since stores bind it and never build it into a
 * statement. Only its length is limited.
 */
import * as Schema from "effect/Schema"

/** Longest run id accepted, in UTF-16 code units. */
export const lengthMax = 1024

/** The schema of a run id. */
export const RunId = Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, lengthMax)))

import type { SourceText } from "./sourceText.ts"

/** The way to a value from the root of its document, as a list that shares its beginning with those of its neighbours. */
export interface Trail {
  readonly parent: Trail | undefined
  readonly step: string | number
}

/** A part of a source text, and the way to it in the document. */
export interface Place {
  readonly source: SourceText
  readonly from: number
  readonly to: number
  readonly trail: Trail | undefined
}

/** The steps of a trail, from the root. */
export const path = (trail: Trail | undefined): ReadonlyArray<string | number> => {
  const steps: Array<string | number> = []
  for (let at = trail; at !== undefined; at = at.parent) steps.push(at.step)
  return steps.reverse()
}

import type { Place } from "./place.ts"

/** Where the parts of a flow spec come from: the place of a value, and those of its parts. */
export interface Origins {
  place: Place
  readonly parts: Map<string | number, Origins>
}

/** The origin of a value. */
export const make = (place: Place): Origins => ({ place, parts: new Map() })

/** Notes the origin of a part, and gives it for the parts of that part. */
export const add = (origins: Origins, step: string | number, place: Place): Origins => {
  const part = make(place)
  origins.parts.set(step, part)
  return part
}

/** The place of the value at a path, or of the nearest value around it. */
export const find = (origins: Origins, path: ReadonlyArray<string | number>): Place => {
  let at = origins
  for (const step of path) {
    const part = at.parts.get(step)
    if (part === undefined) break
    at = part
  }
  return at.place
}

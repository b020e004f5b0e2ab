import { Binding } from "@dagflow/protocol"
import * as Cursor from "./cursor.ts"
import type { Place } from "./place.ts"

/** The use of a variable of the environment. */
export interface VariableUse {
  readonly name: string
  readonly place: Place
}

const opening = "${env."

const whole = /^\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}/

/** Whether a text asks for variables of the environment, rightly or wrongly spelled. */
export const asks = (text: string): boolean => text.includes(opening)

/** Notes the variables that a text asks for, and reports what looks like one and is none. */
export const note = (at: Cursor.Cursor, text: string): void => {
  for (const name of Binding.environmentNames(text)) {
    at.reading.variables.push({ name, place: Cursor.place(at) })
  }
  for (let from = text.indexOf(opening); from !== -1; from = text.indexOf(opening, from + 1)) {
    const rest = text.slice(from, from + 200)
    if (whole.test(rest)) continue
    const written = /^[^}\s]*\}?/.exec(rest)?.[0] ?? opening
    const message = `"${written}" names no variable: write \${env.NAME}, with letters, digits and "_" only`
    Cursor.report(at, { code: "InvalidValue", message })
  }
}

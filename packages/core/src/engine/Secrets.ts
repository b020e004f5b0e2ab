/** Values from the environment: they are fetched just before an attempt needs them, and they are kept out of its traces. */
import { Binding } from "@dagflow/protocol"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"

/** What stands in for a secret value that an attempt was about to show. */
export const mask = (name: string): string => `\${env.${name}}`

/** Values of the environment by the name of their variable. */
export type Secrets = ReadonlyMap<string, string>

/** No secrets at all. */
export const none: Secrets = new Map()

/** Reads the variables that texts name, or answers the name of the first one that is not set. */
export const read = (texts: ReadonlyArray<string>): Effect.Effect<Secrets | { readonly missing: string }> =>
  Effect.gen(function* () {
    const secrets = new Map<string, string>()
    for (const name of new Set(texts.flatMap(Binding.environmentNames))) {
      const value = yield* Effect.option(Config.String(name))
      if (value._tag === "None") return { missing: name }
      secrets.set(name, value.value)
    }
    return secrets
  })

/** Puts the values into a text. */
export const fill = (text: string, secrets: Secrets): string =>
  Binding.fillTemplate(text, (name) => secrets.get(name) ?? "")

/** What finds the values of secrets in a text, in the forms that a text may have them in, with the name of each. */
interface Finder {
  readonly pattern: RegExp
  readonly names: ReadonlyMap<string, string>
}

const finders = new WeakMap<Secrets, Finder>()

/** A value as it is, as JSON writes it, and as an address writes it. */
const formsOf = (value: string): ReadonlyArray<string> => [
  value,
  JSON.stringify(value).slice(1, -1),
  ...(value.isWellFormed() ? [encodeURIComponent(value)] : [])
]

const makeFinder = (secrets: Secrets): Finder => {
  const names = new Map<string, string>()
  for (const [name, value] of secrets) {
    for (const form of formsOf(value)) if (form !== "" && !names.has(form)) names.set(form, name)
  }
  // Where one value is a part of another one, the longer one has to be found first, or the rest of it would stay.
  const forms = [...names.keys()].sort((a, b) => b.length - a.length)
  const literal = forms.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"))
  return { pattern: new RegExp(literal.join("|") || "(?!)", "g"), names }
}

const finderOf = (secrets: Secrets): Finder => {
  const known = finders.get(secrets)
  if (known !== undefined) return known
  const made = makeFinder(secrets)
  finders.set(secrets, made)
  return made
}

/** Takes the values out of a text, also where JSON or an address writes them in another form. */
export const scrubText = (text: string, secrets: Secrets): string => {
  if (secrets.size === 0) return text
  const { names, pattern } = finderOf(secrets)
  return text.replaceAll(pattern, (found) => mask(names.get(found) ?? ""))
}

/** Takes the values out of every text in a JSON value, keys included. */
export const scrub = <A extends Schema.Json>(value: A, secrets: Secrets): A => {
  if (secrets.size === 0) return value
  const walk = (part: Schema.Json): Schema.Json => {
    if (typeof part === "string") return scrubText(part, secrets)
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== "object" || part === null) return part
    return Object.fromEntries(
      Object.entries(part).map(([key, member]) => [scrubText(key, secrets), walk(member)])
    )
  }
  return walk(value) as A
}

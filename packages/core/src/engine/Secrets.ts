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

/** Takes the values out of a text. */
export const scrubText = (text: string, secrets: Secrets): string => {
  let scrubbed = text
  for (const [name, value] of secrets) if (value !== "") scrubbed = scrubbed.replaceAll(value, mask(name))
  return scrubbed
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

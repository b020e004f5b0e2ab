import type * as Schema from "effect/Schema"

const encoder = new TextEncoder()

/** How many bytes a text takes in UTF-8. */
export const textBytes = (text: string): number => encoder.encode(text).length

/** How many bytes a value takes as JSON text in UTF-8. */
export const jsonBytes = (value: Schema.Json): number => textBytes(JSON.stringify(value))

/**
 * A reference names a value that exists only while a run runs: an input of the run, a channel of it, an output of a node, or,
 * in a node that is mapped over a list, the value of the list.
 *
 * Grammar: `inputs.<name><path>`, `channels.<name><path>`, `<node>.<output><path>`, `each.item<path>` or `each.index`, where a
 * path is any number of `.key` and `[index]` steps.
 */

/** One step into a value: the key of an object or the index of a list. */
export type PathStep = string | number

/** A reference to an input of the run. */
export interface InputReference {
  readonly _tag: "Input"
  readonly name: string
  readonly path: ReadonlyArray<PathStep>
}

/** A reference to the value that a channel of the run had when the step began. */
export interface ChannelReference {
  readonly _tag: "Channel"
  readonly name: string
  readonly path: ReadonlyArray<PathStep>
}

/** A reference to an output of a node. */
export interface OutputReference {
  readonly _tag: "Output"
  readonly nodeId: string
  readonly output: string
  readonly path: ReadonlyArray<PathStep>
}

/** A reference to the value of the list that a node is mapped over, or to its place in there. */
export interface EachReference {
  readonly _tag: "Each"
  readonly name: "item" | "index"
  readonly path: ReadonlyArray<PathStep>
}

/** A parsed reference. */
export type Reference = InputReference | ChannelReference | OutputReference | EachReference

/** Why a text is not a reference. */
export interface MalformedReference {
  readonly _tag: "MalformedReference"
  readonly message: string
}

/** Longest reference accepted, in UTF-16 code units. */
export const lengthMax = 2048

const step = /\.([^.[\]]+)|\[(\d{1,9})\]/y

const malformed = (message: string): MalformedReference => ({ _tag: "MalformedReference", message })

/**
 * Parses a reference.
 *
 * **Example**
 * ```ts
 * Reference.parse("fetch.rows[0].name")
 * // => { _tag: "Output", nodeId: "fetch", output: "rows", path: [0, "name"] }
 * ```
 */
export const parse = (text: string): Reference | MalformedReference => {
  if (text.length > lengthMax) return malformed(`a reference has at most ${lengthMax} characters`)
  const head = /^[^.[\]]+/.exec(text)
  if (head === null)
    return malformed(`"${text}" does not start with "inputs", "channels" or the id of a node`)
  const path: Array<PathStep> = []
  step.lastIndex = head[0].length
  while (step.lastIndex < text.length) {
    const at = step.lastIndex
    const found = step.exec(text)
    if (found === null) return malformed(`"${text}" cannot be read from its character ${at + 1} on`)
    path.push(found[1] ?? Number(found[2]))
  }
  const name = path.shift()
  if (typeof name !== "string") {
    const written =
      head[0] === "each"
        ? '"each.item" or "each.index"'
        : '"inputs.<name>", "channels.<name>" or "<node>.<output>"'
    return malformed(`"${text}" names no value: write ${written}`)
  }
  switch (head[0]) {
    case "inputs":
      return { _tag: "Input", name, path }
    case "channels":
      return { _tag: "Channel", name, path }
    case "each":
      return each(text, name, path)
    default:
      return { _tag: "Output", nodeId: head[0], output: name, path }
  }
}

/** Writes the path of a reference as it stands in its text, for instance `[0].name`. */
export const formatPath = (path: ReadonlyArray<PathStep>): string =>
  path.map((one) => (typeof one === "number" ? `[${one}]` : `.${one}`)).join("")

/** Writes a reference as text; the inverse of `parse`. */
export const format = (reference: Reference): string => {
  const path = formatPath(reference.path)
  switch (reference._tag) {
    case "Input":
      return `inputs.${reference.name}${path}`
    case "Channel":
      return `channels.${reference.name}${path}`
    case "Output":
      return `${reference.nodeId}.${reference.output}${path}`
    case "Each":
      return `each.${reference.name}${path}`
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const each = (
  text: string,
  name: string,
  path: ReadonlyArray<PathStep>
): EachReference | MalformedReference => {
  if (name === "item") return { _tag: "Each", name, path }
  if (name === "index" && path.length === 0) return { _tag: "Each", name, path }
  return malformed(
    `"${text}" names nothing of a list: write "each.item", a path into it such as "each.item.name", or "each.index"`
  )
}

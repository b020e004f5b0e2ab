/** What attempts emit, as text for people: tokens are put together to lines, other values are told as JSON. */
import type { RunHandle } from "@dagflow/core"

/** A line of what an attempt has emitted. */
export interface EmittedLine {
  readonly nodeId: string
  readonly attempt: number
  readonly text: string
}

/** Longest line; a longer one is broken, at a space if there is one. */
export const lineMax = 200

/** Puts together what attempts emit. */
export interface EmittedText {
  /** Takes in a message and gives the lines that it completes. */
  readonly take: (message: RunHandle.EmittedMessage) => ReadonlyArray<EmittedLine>
  /** The end of what a running attempt has emitted, or its last value. */
  readonly tailOf: (nodeId: string) => string | undefined
}

/** Makes one that nothing has been emitted to. */
export const make = (): EmittedText => {
  const open = new Map<string, string>()
  const last = new Map<string, string>()

  const grow = (nodeId: string, text: string): ReadonlyArray<string> => {
    const parts = `${open.get(nodeId) ?? ""}${text}`.split("\n")
    let rest = parts.pop() ?? ""
    const lines = [...parts]
    for (; rest.length > lineMax; rest = rest.slice(breakOf(rest)).trimStart()) {
      lines.push(rest.slice(0, breakOf(rest)))
    }
    open.set(nodeId, rest)
    last.set(nodeId, rest === "" ? (lines.at(-1) ?? "") : rest)
    return lines
  }

  const finish = (nodeId: string): ReadonlyArray<string> => {
    const rest = open.get(nodeId) ?? ""
    open.delete(nodeId)
    return rest === "" ? [] : [rest]
  }

  const linesOf = (nodeId: string, value: unknown): ReadonlyArray<string> => {
    const text = textOf(value)
    if (text !== undefined) return grow(nodeId, text)
    const json = JSON.stringify(value)
    const lines = [...finish(nodeId), json]
    last.set(nodeId, json)
    return lines
  }

  return {
    take: (message) => {
      if (message._tag === "Gap") return []
      const { attempt, nodeId } = message
      const lines = message._tag === "Emitted" ? linesOf(nodeId, message.value) : finish(nodeId)
      if (message._tag === "EmittedAll") last.delete(nodeId)
      return lines.map((text) => ({ nodeId, attempt, text }))
    },
    tailOf: (nodeId) => last.get(nodeId)
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The text of a token: models emit it as it is, or as `{ delta }`. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return undefined
  const { delta } = value as { readonly delta?: unknown }
  return typeof delta === "string" ? delta : undefined
}

const breakOf = (line: string): number => {
  const space = line.lastIndexOf(" ", lineMax)
  return space > 0 ? space : lineMax
}

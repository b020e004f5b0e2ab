/** Whether text for people is coloured. Nothing here reads the environment: whoever knows it passes it in. */

/** `auto` colours where a terminal shows the text and nobody asked for plain text. */
export type ColourMode = "plain" | "colour" | "auto"

/** What `auto` goes by. */
export interface Terminal {
  /** Whether a terminal shows the text. */
  readonly isTerminal: boolean
  /** The environment of the process; `NO_COLOR`, `FORCE_COLOR` and `TERM` count. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Settles `auto`: `NO_COLOR` wins, then `FORCE_COLOR` unless it is `0`, then `TERM=dumb`, then whether there is a
 * terminal. An empty variable counts as one that is not set.
 */
export const resolve = (mode: ColourMode, terminal: Terminal | undefined): "plain" | "colour" => {
  if (mode !== "auto") return mode
  if (terminal === undefined) return "plain"
  const { FORCE_COLOR = "", NO_COLOR = "", TERM = "" } = terminal.environment
  if (NO_COLOR !== "") return "plain"
  if (FORCE_COLOR !== "") return FORCE_COLOR === "0" ? "plain" : "colour"
  return terminal.isTerminal && TERM !== "dumb" ? "colour" : "plain"
}

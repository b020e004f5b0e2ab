/** The signs that stand beside state words. A sign never stands alone: the word is always there too. */
import { NodeStatus, StatusMark } from "@dagflow/protocol"

/** What is shown of a node or a run: its status, or that it is paused or grew. */
export type Sign = NodeStatus.NodeStatus | "paused" | "grew"

/** A set of signs, each one cell wide, and the characters that lines are drawn with. */
export interface Glyphs {
  readonly sign: Readonly<Record<Sign, string>>
  readonly rule: string
  readonly more: string
  readonly arrow: string
  readonly dot: string
}

const signs = (kind: "sign" | "asciiSign"): Record<NodeStatus.NodeStatus, string> => {
  const entries = NodeStatus.all.map((status) => [status, StatusMark.ofNode[status][kind]])
  return Object.fromEntries(entries) as Record<NodeStatus.NodeStatus, string>
}

/** Signs for terminals that show UTF-8. */
export const unicode: Glyphs = {
  sign: { ...signs("sign"), paused: StatusMark.ofRun.paused.sign, grew: "+" },
  rule: "─",
  more: "…",
  arrow: "→",
  dot: "·"
}

/** Signs for every other terminal. */
export const ascii: Glyphs = {
  sign: { ...signs("asciiSign"), paused: StatusMark.ofRun.paused.asciiSign, grew: "^" },
  rule: "-",
  more: "...",
  arrow: "->",
  dot: "-"
}

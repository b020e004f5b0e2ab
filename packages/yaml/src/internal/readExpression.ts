import { Expression } from "@dagflow/protocol"
import * as Leaf from "./leaf.ts"

const text = Leaf.of(Expression.Expression)

/** Reads an expression. `true` and `false` are expressions that YAML takes for something else. */
export const read: Leaf.Leaf<Expression.Expression> = (at, name) =>
  at.node !== null && "value" in at.node && typeof at.node.value === "boolean"
    ? String(at.node.value)
    : text(at, name)

/** Whether a text has keys whose values are expressions, so that what reads those has to be loaded. */
export const mayBeIn = (source: string): boolean => /(?:^|[\s{,"'])(?:when|forEach)["']?\s*:/.test(source)

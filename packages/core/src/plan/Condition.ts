/**
 * Conditions of nodes and edges in TypeScript: an expression in CEL as a text, one with references in it that the compiler
 * checks, or an output that is itself true or false.
 */
import type * as Schema from "effect/Schema"
import type { ValueSource } from "./ValueRef.ts"

/** Marks expressions that `cel` makes. */
export const TypeId = "~@dagflow/core/Condition"

/** An expression in CEL with references to values of one flow. */
export interface CelText<out FlowName extends string> {
  readonly [TypeId]: CelParts
  readonly _types?: () => FlowName
}

/** What an expression is put together of. */
export interface CelParts {
  readonly strings: ReadonlyArray<string>
  readonly values: ReadonlyArray<unknown>
}

/** On what a node starts, or an edge counts. A text is CEL, and reads only nodes that the node comes after. */
export type Condition<FlowName extends string> = string | CelText<FlowName> | ValueSource<FlowName, boolean>

/** What may stand in a `${}` of an expression: a value of the run, or a literal. */
export type CelValue<FlowName extends string> = ValueSource<FlowName, unknown> | Schema.Json

/**
 * Makes an expression in CEL. References become what they name, and the nodes of the references become dependencies;
 * anything else becomes a literal.
 *
 * **Example**
 * ```ts
 * f.node("alert", sendMail, { to: f.inputs.owner }, { when: Flow.cel`${check.out.score} < ${0.5}` })
 * ```
 */
export const cel = <const FlowName extends string = never>(
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<CelValue<FlowName>>
): CelText<FlowName> => ({ [TypeId]: { strings: [...strings], values } })

/** Whether a value is an expression that `cel` has made. */
export const isCelText = (value: unknown): value is CelText<string> =>
  typeof value === "object" && value !== null && TypeId in value

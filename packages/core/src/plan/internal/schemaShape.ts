import type { FlowSpec } from "@dagflow/protocol"
import * as SchemaAST from "effect/SchemaAST"

/** The JSON side of an object schema, as far as it can be told without a value. */
export interface ObjectShape {
  readonly properties: ReadonlyMap<string, SchemaAST.AST>
  /** Names without which no value fits. */
  readonly required: ReadonlyArray<string>
  /** Whether names besides those of `properties` may occur. */
  readonly isOpen: boolean
}

/** The shape of the objects that a schema takes, or `undefined` when it is not simply one kind of object. */
export const objectShape = (ast: SchemaAST.AST): ObjectShape | undefined => {
  const objects = resolved(SchemaAST.toEncoded(ast))
  if (!SchemaAST.isObjects(objects)) return undefined
  const properties = new Map<string, SchemaAST.AST>()
  const required: Array<string> = []
  for (const { name, type } of objects.propertySignatures) {
    if (typeof name !== "string") continue
    properties.set(name, type)
    if (!SchemaAST.isOptional(type)) required.push(name)
  }
  return { properties, required, isOpen: objects.indexSignatures.length > 0 }
}

/** The kind of JSON value that a schema takes; `any` when there are several, or when it cannot be told. */
export const kindOf = (ast: SchemaAST.AST): FlowSpec.InputType => kindOfEncoded(SchemaAST.toEncoded(ast))

/** What lies below a value of a schema: a schema, `absent` when nothing can, `unknown` when it cannot be told. */
export type Below =
  | { readonly _tag: "Found"; readonly ast: SchemaAST.AST }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unknown" }

/** Follows one step into the values of a schema's JSON side. */
export const below = (ast: SchemaAST.AST, step: string | number): Below => {
  const encoded = resolved(SchemaAST.toEncoded(ast))
  if (SchemaAST.isObjects(encoded)) return belowObject(encoded, step)
  if (SchemaAST.isArrays(encoded)) {
    if (typeof step === "string") return { _tag: "Absent" }
    const element = encoded.elements[step] ?? (encoded.rest.length === 1 ? encoded.rest[0] : undefined)
    return element === undefined ? { _tag: "Unknown" } : { _tag: "Found", ast: element }
  }
  const isLeaf = SchemaAST.isString(encoded) || SchemaAST.isNumber(encoded) || SchemaAST.isBoolean(encoded)
  return isLeaf ? { _tag: "Absent" } : { _tag: "Unknown" }
}

/** Whether a value of one kind can be a value of the other. */
export const kindsMeet = (one: FlowSpec.InputType, other: FlowSpec.InputType): boolean => {
  if (one === other || one === "any" || other === "any") return true
  return isNumeric(one) && isNumeric(other)
}

/** A kind as messages name a value of it. */
export const articled = (kind: FlowSpec.InputType): string => {
  switch (kind) {
    case "array":
      return "a list"
    case "string":
      return "a text"
    case "any":
      return "any value"
    case "integer":
      return "a whole number"
    case "object":
      return "an object"
    case "number":
    case "boolean":
      return `a ${kind}`
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const isNumeric = (kind: FlowSpec.InputType): boolean => kind === "number" || kind === "integer"

const belowObject = (ast: SchemaAST.Objects, step: string | number): Below => {
  const found = ast.propertySignatures.find(({ name }) => name === String(step))
  if (found !== undefined) return { _tag: "Found", ast: found.type }
  const [record, ...others] = ast.indexSignatures
  if (record !== undefined) {
    const isPlain = others.length === 0 && SchemaAST.isString(record.parameter)
    return isPlain ? { _tag: "Found", ast: record.type } : { _tag: "Unknown" }
  }
  // An object without any declared key takes whatever is not null, so nothing can be told of what is inside.
  return ast.propertySignatures.length > 0 ? { _tag: "Absent" } : { _tag: "Unknown" }
}

/** Recursive schemas are made of thunks; one that only ever leads to another has no shape. */
const resolved = (ast: SchemaAST.AST): SchemaAST.AST => {
  let current = ast
  for (let depth = 0; depth < 8 && SchemaAST.isSuspend(current); depth++) current = current.thunk()
  return current
}

/** The kinds of schemas that have one, whatever they hold. */
const kindOfTag: Readonly<Partial<Record<SchemaAST.AST["_tag"], FlowSpec.InputType>>> = {
  String: "string",
  TemplateLiteral: "string",
  Boolean: "boolean",
  Arrays: "array"
}

const kindOfEncoded = (ast: SchemaAST.AST): FlowSpec.InputType => {
  if (SchemaAST.isNumber(ast)) return ast.checks?.some(isIntegerCheck) === true ? "integer" : "number"
  if (SchemaAST.isLiteral(ast)) return kindOfLiteral(ast.literal)
  if (SchemaAST.isUnion(ast)) return commonKind(ast.types.map(kindOfEncoded))
  if (SchemaAST.isObjects(ast)) {
    return ast.indexSignatures.length + ast.propertySignatures.length === 0 ? "any" : "object"
  }
  if (!SchemaAST.isSuspend(ast)) return kindOfTag[ast._tag] ?? "any"
  const inner = resolved(ast)
  return SchemaAST.isSuspend(inner) || SchemaAST.isUnion(inner) ? "any" : kindOfEncoded(inner)
}

const kindOfLiteral = (literal: SchemaAST.LiteralValue): FlowSpec.InputType => {
  if (typeof literal === "string") return "string"
  if (typeof literal === "boolean") return "boolean"
  return typeof literal === "number" ? (Number.isInteger(literal) ? "integer" : "number") : "any"
}

const commonKind = (kinds: ReadonlyArray<FlowSpec.InputType>): FlowSpec.InputType => {
  const [first, ...rest] = new Set(kinds)
  if (first === undefined) return "any"
  if (rest.length === 0) return first
  return [first, ...rest].every(isNumeric) ? "number" : "any"
}

const isIntegerCheck = (check: SchemaAST.Check<never>): boolean =>
  check._tag === "FilterGroup"
    ? check.checks.some(isIntegerCheck)
    : check.annotations?.["representation"] !== undefined &&
      (check.annotations["representation"] as { readonly id?: string }).id === "effect/schema/isInt"

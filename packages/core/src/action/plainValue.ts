/**
 * Which values a schema takes and gives as they stand, told from the schema once.
 *
 * Most inputs and outputs are objects of texts, numbers and lists, on which a schema changes nothing. Seeing that takes a
 * tenth of the time that the schema takes to find nothing to do (measured on objects of three members). Whatever is not
 * plain is left to the schema, so what this refuses is not refused: only `true` means anything.
 */
import * as SchemaAST from "effect/SchemaAST"

/** Whether a JSON value passes a schema in both directions without being changed. */
export type IsPlain = (value: unknown) => boolean

/** The predicate of a schema, or `undefined` when its values may change, or when it cannot be told. */
export const plainValue = (ast: SchemaAST.AST): IsPlain | undefined => {
  const isOfType = ast.encoding === undefined && !changesEncoded(ast) ? typeOf(ast) : undefined
  const { checks } = ast
  if (isOfType === undefined || checks === undefined) return isOfType
  return (value) => isOfType(value) && passes(checks, value, ast)
}

// -- internal -------------------------------------------------------------------------------------------------------

const changesEncoded = (ast: SchemaAST.AST): boolean =>
  "encodingChecks" in ast && ast.encodingChecks !== undefined

const isText: IsPlain = (value) => typeof value === "string"
const isNumber: IsPlain = (value) => typeof value === "number"
const isTruth: IsPlain = (value) => typeof value === "boolean"
const isNull: IsPlain = (value) => value === null
const isAbsent: IsPlain = (value) => value === undefined

const typeOf = (ast: SchemaAST.AST): IsPlain | undefined => {
  if (SchemaAST.isString(ast)) return isText
  if (SchemaAST.isNumber(ast)) return isNumber
  if (SchemaAST.isBoolean(ast)) return isTruth
  if (SchemaAST.isNull(ast)) return isNull
  if (SchemaAST.isUndefined(ast)) return isAbsent
  if (SchemaAST.isLiteral(ast)) return (value) => value === ast.literal
  if (SchemaAST.isArrays(ast)) return listOf(ast)
  if (SchemaAST.isObjects(ast)) return recordOf(ast)
  if (SchemaAST.isUnion(ast)) return oneOf(ast)
  return undefined
}

/** Several kinds of values, such as text or null. Of two kinds of objects the first might cut what the second would keep. */
const oneOf = (ast: SchemaAST.Union): IsPlain | undefined => {
  const isCutting =
    ast.types.filter((type) => SchemaAST.isObjects(type) || SchemaAST.isArrays(type)).length > 1
  if (isCutting || ast.options?.mode === "oneOf") return undefined
  const kinds: Array<IsPlain> = []
  for (const type of ast.types) {
    const isKind = SchemaAST.isUnion(type) ? undefined : plainValue(type)
    if (isKind === undefined) return undefined
    kinds.push(isKind)
  }
  return (value) => kinds.some((isKind) => isKind(value))
}

/** Lists of any length whose items are all of one schema. */
const listOf = (ast: SchemaAST.Arrays): IsPlain | undefined => {
  const [item] = ast.rest
  if (ast.elements.length > 0 || ast.rest.length !== 1 || item === undefined) return undefined
  const isItem = plainValue(item)
  return isItem && ((value) => Array.isArray(value) && value.every(isItem))
}

/** Objects that have nothing besides the members that are declared. */
const recordOf = (ast: SchemaAST.Objects): IsPlain | undefined => {
  if (ast.indexSignatures.length > 0 || ast.propertySignatures.length === 0) return undefined
  const members = new Map<string, IsPlain>()
  const optional = new Set<string>()
  for (const { name, type } of ast.propertySignatures) {
    const isMember = plainValue(type)
    if (typeof name !== "string" || isMember === undefined) return undefined
    members.set(name, isMember)
    if (SchemaAST.isOptional(type)) optional.add(name)
  }
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false
    let missing = members.size - optional.size
    for (const key in value) {
      const isMember = members.get(key)
      if (isMember?.((value as Readonly<Record<string, unknown>>)[key]) !== true) return false
      if (!optional.has(key)) missing--
    }
    return missing === 0
  }
}

const passes = (checks: SchemaAST.Checks, value: unknown, ast: SchemaAST.AST): boolean =>
  checks.every((check) =>
    check._tag === "FilterGroup"
      ? passes(check.checks, value, ast)
      : check.run(value, ast, options) === undefined
  )

const options: SchemaAST.ParseOptions = {}

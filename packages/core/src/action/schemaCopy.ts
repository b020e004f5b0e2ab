/**
 * What is done with the schemas of users, by the copy of Effect that made them: another copy does not understand what they give,
 * since each compares results with marks of its own. The packed command has a copy inside and runs actions of projects, which
 * have theirs. So each copy of this package leaves its own way with schemas where all of them find it.
 */
import { AnswerCheck, type AnswerSchema } from "@dagflow/protocol"
import type * as Exit from "effect/Exit"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

type Codec = Schema.Codec<unknown>

/** What is done with schemas, by one copy of Effect. */
export interface SchemaCopy {
  /** Whether this copy made a schema. */
  readonly made: (ast: SchemaAST.AST) => boolean
  readonly decodeResult: (
    schema: Codec,
    options?: SchemaAST.ParseOptions
  ) => (value: unknown) => Result.Result<unknown, Schema.SchemaError>
  readonly encodeResult: (
    schema: Codec,
    options?: SchemaAST.ParseOptions
  ) => (value: unknown) => Result.Result<unknown, Schema.SchemaError>
  readonly decodeExit: (
    schema: Codec,
    options?: SchemaAST.ParseOptions
  ) => (value: unknown) => Exit.Exit<unknown, Schema.SchemaError>
  /** The schema of a schema's own form, without what it turns it into. */
  readonly encodedForm: (ast: SchemaAST.AST) => Codec
  /** The schema as a JSON Schema document, or why it cannot be told as one. */
  readonly answerSchema: (schema: Schema.Top) => Result.Result<AnswerSchema.AnswerSchema, string>
}

/** What all nodes of the schemas of one copy descend from; Effect does not export it. */
const ancestor: object = Object.getPrototypeOf(Object.getPrototypeOf(SchemaAST.string))

const own: SchemaCopy = {
  made: (ast) => Object.prototype.isPrototypeOf.call(ancestor, ast),
  decodeResult: Schema.decodeUnknownResult,
  encodeResult: Schema.encodeUnknownResult,
  decodeExit: Schema.decodeUnknownExit,
  encodedForm: (ast) => Schema.make<Codec>(SchemaAST.toEncoded(ast)),
  answerSchema: AnswerCheck.fromSchema
}

const place = Symbol.for("~@dagflow/core/SchemaCopies/1")

const everywhere = globalThis as { [place]?: Array<SchemaCopy> }

const copies = (everywhere[place] ??= [])
copies.push(own)

/** The copy that a schema belongs to; this one, when nobody says that it is theirs. */
export const schemaCopy = (ast: SchemaAST.AST): SchemaCopy =>
  own.made(ast) ? own : (copies.find((copy) => copy.made(ast)) ?? own)

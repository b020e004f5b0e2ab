/**
 * The tools of a toolkit of `effect/ai` as actions, so that a planner can offer them: each call is a node of its own then, with a
 * recorded end, and is not repeated with the turn that asked for it.
 */
import { Action, type ActionContext } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import type * as AiError from "effect/ai/AiError"
import * as AiTool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import { defined } from "./internal/definitionMark.ts"
import { type Document, importedSchema } from "./internal/importedSchema.ts"
import * as Tool from "./Tool.ts"

/** What the action of a tool gives: what the tool gives if that is an object, else that as `result`. */
export type Outputs<Encoded> = [Encoded] extends [ReadonlyArray<unknown>]
  ? { readonly result: Encoded }
  : [Encoded] extends [object]
    ? Encoded
    : { readonly result: Encoded }

/** The action of a tool; it needs the services `Handlers`. */
export type ToolAction<T extends AiTool.Any, Handlers> = Action.Action<
  AiTool.Name<T>,
  AiTool.ParametersEncoded<T>,
  Outputs<AiTool.SuccessEncoded<T>>,
  AiTool.Failure<T> | AiError.AiError,
  Handlers | AiTool.Requirements<T>
>

type Tools = Record<string, AiTool.Any>

/** The actions of the tools of a toolkit. */
export type ToolActions<T extends Tools, Handlers> = ReadonlyArray<
  { readonly [Name in keyof T]: ToolAction<T[Name], Handlers> }[keyof T]
>

/** Schemas that need services could not be asked by a guard, which is made of plain functions. */
type PlainSchemas<T extends Tools> = [AiTool.SchemaServices<T[keyof T]>] extends [never]
  ? unknown
  : "the schemas of the tools need services"

/** How the actions are made. */
export interface Options {
  /** Version of the actions; change it when the tools do something else from now on. Default: none. */
  readonly version?: string
}

/**
 * The actions of a toolkit's tools. They need the layer of the toolkit's handlers, unless they are made of a toolkit that has
 * its handlers already.
 *
 * **Details**
 * The parameters of a tool are checked by its schema before there is a node. A tool whose success is no object gives it as
 * `result`. Preliminary results are shown live. The handler gets the idempotency key of the node as `toolCallId`.
 *
 * **Failures**
 * What a handler fails with fails the node, whatever the tool's `failureMode`: the model is told it as a failure. A tool that
 * `needsApproval`, or that a provider carries out itself, is a `TypeError`: a node could keep neither promise.
 *
 * **Example**
 * ```ts
 * const kit = Toolkit.make(Tool.make("search", { parameters: Schema.Struct({ words: Schema.String }), success: Schema.String }))
 * const agent = Planner.make({ name: "agent", tools: EffectToolkit.actions(kit) })
 * const layer = agent.layer.pipe(Layer.provide([model, kit.toLayer({ search: ({ words }) => find(words) })]))
 * ```
 */
export const actions: {
  <T extends Tools>(
    toolkit: Toolkit.Toolkit<T> & PlainSchemas<T>,
    options?: Options
  ): ToolActions<T, AiTool.HandlersFor<T>>
  <T extends Tools>(
    toolkit: Toolkit.WithHandler<T> & PlainSchemas<T>,
    options?: Options
  ): ToolActions<T, never>
} = (given: Toolkit.Toolkit<Tools> | Toolkit.WithHandler<Tools>, options: Options = {}) => {
  const withHandlers = Effect.isEffect(given) ? given : Effect.succeed(given)
  return Object.values(given.tools).map((tool) => actionOf(tool, withHandlers, options)) as never
}

// -- internal -------------------------------------------------------------------------------------------------------

type WithHandlers = Effect.Effect<Toolkit.WithHandler<Tools>, never, AiTool.HandlersFor<Tools>>

const checkTool = (tool: AiTool.Any): void => {
  const { name } = tool
  if (tool.needsApproval !== undefined && tool.needsApproval !== false) {
    throw new TypeError(
      `tool "${name}" needs an approval, and calls of tools are not asked about: let the model plan, with plan: { approval: "required" }`
    )
  }
  if (AiTool.isProviderDefined(tool) && tool.requiresHandler === false) {
    throw new TypeError(
      `tool "${name}" is carried out by its provider, so there is nothing to make an action of`
    )
  }
}

const json = (schema: Schema.Constraint): Action.Fields =>
  Schema.toCodecJson(schema) as unknown as Action.Fields

const ofDocument = (name: string, document: Document): Action.Fields => {
  const imported = importedSchema(document, "apply")
  if (Result.isSuccess(imported)) return imported.success as Action.Fields
  throw new TypeError(`the parameters of tool "${name}" cannot be checked: ${imported.failure}`)
}

const isObject = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isUnion(ast) ? ast.types.every(isObject) : SchemaAST.isObjects(ast)

const actionOf = (tool: AiTool.Any, withHandlers: WithHandlers, { version }: Options): Action.Any => {
  checkTool(tool)
  const description = AiTool.getDescription(tool)
  const success = json(tool.successSchema)
  const isWhole = isObject(SchemaAST.toEncoded(success.ast))
  const encode = Schema.encodeUnknownEffect(tool.parametersSchema as Schema.Codec<unknown>)
  const encodeSuccess = Schema.encodeUnknownEffect(success)
  const run = (parameters: unknown, context: ActionContext.ActionContext) =>
    Effect.gen(function* () {
      const { handle } = yield* withHandlers
      const encoded = (yield* Effect.orDie(encode(parameters))) as never
      const results = yield* handle(tool.name, encoded, context.idempotencyKey)
      const last = yield* results.pipe(
        Stream.tap(({ preliminary, result }) =>
          preliminary
            ? Effect.map(Effect.orDie(encodeSuccess(result)), (shown) =>
                context.emit({ type: "preliminary", result: shown as Schema.Json })
              )
            : Effect.void
        ),
        Stream.filter(({ preliminary }) => !preliminary),
        Stream.runLast
      )
      if (Option.isNone(last)) return yield* Effect.die(new Error(`tool "${tool.name}" gave no result`))
      const { isFailure, result } = last.value
      if (isFailure) return yield* Effect.fail(result as AiError.AiError)
      return isWhole ? (result as object) : { result: result as unknown }
    })
  const document = AiTool.isDynamic(tool) ? tool.jsonSchema : undefined
  const input = document === undefined ? json(tool.parametersSchema) : ofDocument(tool.name, document)
  const action = Action.make(tool.name as string, {
    input,
    output: isWhole ? success : Schema.Struct({ result: success }),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    run
  })
  if (document === undefined) return action
  return defined(action, Tool.define({ name: action.name, action, description, parameters: input, document }))
}

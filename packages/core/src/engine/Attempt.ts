/** One attempt of a node: it gets its inputs, runs the action, and reports once how that went. */
import {
  type Event,
  ForEach,
  type NodeError,
  type NodeState,
  type StoreError,
  StoreRequest
} from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { type CompiledAction, standIn } from "../action/compiledAction.ts"
import * as ErrorDescription from "../action/ErrorDescription.ts"
import { frozenJson } from "../action/frozenJson.ts"
import type { Report } from "../decide/decideReport.ts"
import type { AttemptHost } from "./attemptHost.ts"
import { checkWritten, type Refused } from "./checkWritten.ts"
import { storeArtifacts } from "./artifact.ts"
import { jsonBytes } from "./jsonBytes.ts"
import { AttemptContext, type AttemptServices } from "./AttemptContext.ts"
import { insideRun, log, type LogDetails, textOf } from "./InsideRun.ts"
import { missing, type ResolvedInputs, resolveInputs, storedValue } from "./resolveInputs.ts"
import { isWithoutPayload, type ReadOutput, readOutput } from "./readOutput.ts"
import { type CacheUse, cacheUse, findOutputs, keepOutputs } from "./outputCache.ts"
import type { ReadWait } from "./readWait.ts"
import * as Secrets from "./Secrets.ts"
import { scrubbedCause } from "./scrubbedCause.ts"
import { scrubbedOutput } from "./scrubbedOutput.ts"
import { asEffect, isThenable } from "./thenable.ts"

/** Lines of a failed attempt's log that stay with its error. */
const logLinesMax = 10

/** Longest line that is kept. */
const logLineMax = 400

/** JSON text is at most this many times longer than `frozenJson` estimates: every character of a text may be escaped. */
const sizeFactorMax = 6

/** Most bytes of outputs and metadata in one event, with room left for what else an event holds. */
const eventBytesMax = StoreRequest.textBytesMax - 65_536

type Failure = Refused

/** One attempt of a node. */
export class Attempt implements AttemptServices {
  readonly node: NodeState.NodeState
  readonly number: number
  readonly #host: AttemptHost
  #fiber: Fiber.Fiber<unknown, unknown> | undefined
  #controller: AbortController | undefined
  #stop: "timeout" | "cancel" | undefined
  #isOver = false
  /** Values that the action has emitted. */
  #emitted = 0
  #logs: Array<string> | undefined
  #secrets: Secrets.Secrets = Secrets.none
  #cache: CacheUse | undefined
  #context: Context.Context<never> | undefined

  constructor(host: AttemptHost, node: NodeState.NodeState) {
    this.#host = host
    this.node = node
    this.number = node.attempt
  }

  /** Starts the attempt. It may be over when this returns. */
  start(): void {
    const { node } = this
    const name = node.handling ? (node.spec.failure ?? "") : node.spec.action
    const action = this.#host.actionOf(name)
    if (action === undefined) {
      return this.#fail({ cause: "UnknownAction", message: `there is no action "${name}" in this process` })
    }
    if (node.handling) {
      const handler = standIn(action, this.#host.actionOf(node.spec.action))
      return this.#perform(handler, handlerInputs(node))
    }
    if (node.route?.error !== undefined) return this.#failWith(node.route.error)
    const { list } = node
    const items = list?.spec.forEach?.items
    if (list === undefined || !ForEach.isMade(items)) return this.#prepare(action, undefined)
    const made = this.#host.lists.madeFor(list)
    if (made !== undefined) return this.#prepare(action, made)
    // The process that expanded the list is another one.
    this.#run(this.#host.lists.make(list, items), (exit) => {
      if (Exit.isFailure(exit)) return this.#endWith(exit)
      if (Result.isFailure(exit.value)) return this.#failWith(exit.value.failure)
      this.#prepare(action, exit.value.success)
    })
  }

  /** Puts the inputs together, and looks for outputs that can be used again. `made`: the list that the node is an item of. */
  #prepare(action: CompiledAction, made: ReadonlyArray<Schema.Json> | undefined): void {
    const { node } = this
    const inputs = resolveInputs(this.#host.state, node, made)
    if (Result.isFailure(inputs)) return this.#fail({ cause: "MissingReference", message: inputs.failure })
    this.#cache = cacheUse(this.#host.store, node, action, inputs.success)
    if (this.#cache === undefined) return this.#begin(action, inputs.success)
    this.#run(findOutputs(this.#host.store, this.#cache, action), (exit) => {
      if (Exit.isFailure(exit)) return this.#endWith(exit)
      if (exit.value === undefined) return this.#begin(action, inputs.success)
      this.#complete({ ...exit.value, ...nothingElse }, exit.value.atMillis)
    })
  }

  /** Completes the inputs and lets the action do its work. */
  #begin(action: CompiledAction, inputs: ResolvedInputs): void {
    const { artifacts, templates, values } = inputs
    if (artifacts.length === 0 && templates.length === 0) return this.#perform(action, values)
    this.#run(this.#fetch(inputs), (exit) => {
      if (Exit.isFailure(exit)) return this.#endWith(exit)
      const problem = exit.value
      if (problem === undefined) this.#perform(action, values)
      else this.#fail(problem)
    })
  }

  /** Interrupts the attempt: its signal is aborted, its fiber interrupted, and its end is reported as it is. */
  interrupt(why: "timeout" | "cancel"): void {
    if (this.#isOver || this.#stop === "cancel") return
    this.#stop = why
    this.#controller?.abort(
      new Error(why === "timeout" ? "the attempt timed out" : "the attempt was cancelled")
    )
    this.#fiber?.interruptUnsafe()
  }

  /** Ends the attempt although it has not stopped: the grace period is over. */
  abandon(): void {
    if (this.#stop === "timeout") this.#fail(this.#timedOut())
    else this.#report({ _tag: "AttemptInterrupted", node: this.node, attempt: this.number, ignored: true })
  }

  /** Lets the attempt go without a report: the run is not this process's any more. */
  drop(): void {
    this.#isOver = true
    this.#controller?.abort(new Error("the run was given up by this process"))
    this.#fiber?.interruptUnsafe()
  }

  /** Fetches what is kept outside the log and in the environment, and puts it among the inputs. */
  #fetch(inputs: ResolvedInputs): Effect.Effect<Failure | undefined, StoreError> {
    return Effect.gen({ self: this }, function* () {
      for (const stored of inputs.artifacts) {
        const value = storedValue(yield* this.#host.load(stored.stub, this.node), stored)
        if (value === undefined)
          return { cause: "MissingReference", message: missing(stored.binding) } as const
        stored.put(value)
      }
      const secrets = yield* Secrets.read(inputs.templates.map((template) => template.text))
      if ("missing" in secrets) {
        const message = `the environment has no variable "${secrets.missing as string}"`
        return { cause: "MissingVariable", message } as const
      }
      this.#secrets = secrets as Secrets.Secrets
      for (const { put, text } of inputs.templates) put(Secrets.fill(text, this.#secrets))
      return undefined
    })
  }

  #decode(
    { decode }: CompiledAction,
    values: Readonly<Record<string, Schema.Json>>
  ): Result.Result<unknown, string> {
    if (decode === undefined || decode.isPlain?.(values) === true) return Result.succeed(values)
    const decoded = attempted(() => decode.convert(values))
    return Result.isSuccess(decoded)
      ? decoded.success
      : Result.fail(ErrorDescription.describe("InvalidInput", decoded.failure, this.#hideIn).message)
  }

  #perform(action: CompiledAction, values: Readonly<Record<string, Schema.Json>>): void {
    if (this.#stop !== undefined) return this.#endStopped()
    const decoded = this.#decode(action, values)
    if (Result.isFailure(decoded)) return this.#fail({ cause: "InvalidInput", message: decoded.failure })
    const context = new AttemptContext(this.#host.state, this.node, this)
    const call = () => action.action.run(decoded.success as never, context)
    if (this.#host.isTraced) return this.#performTraced(action, call)
    const returned = attempted(call)
    if (Result.isFailure(returned)) return this.#failThrown(returned.failure)
    const value: unknown = returned.success
    if (value instanceof Promise) return this.#awaitPromise(action, value)
    if (Effect.isEffect(value)) {
      return this.#run(value as Effect.Effect<unknown, unknown>, (exit) => this.#settleExit(action, exit))
    }
    // A getter of the user's may throw.
    const isPromise = attempted(() => isThenable(value))
    if (Result.isFailure(isPromise)) return this.#failThrown(isPromise.failure)
    if (isPromise.success) this.#awaitPromise(action, value)
    else this.#settle(action, value)
  }

  /** Waits for a promise. What only looks like one may throw or call back twice; a real promise is taken as it is. */
  #awaitPromise(action: CompiledAction, promise: unknown): void {
    void Promise.resolve(promise).then(
      (settled) => this.#settle(action, settled),
      (error: unknown) => this.#settleRejection(error)
    )
  }

  /** Performs inside of a span. The span ends as the action does, and what it shows of that holds no secret. */
  #performTraced(action: CompiledAction, call: () => unknown): void {
    const performed = Effect.suspend(() => asEffect(call()))
    let ended: Exit.Exit<unknown, unknown> | undefined
    const end = (exit: Exit.Exit<unknown, unknown>, shown: Effect.Effect<void, unknown>) => {
      ended = exit
      return shown
    }
    const shown =
      this.#secrets.size === 0
        ? performed
        : Effect.matchCauseEffect(performed, {
            onSuccess: (value) => end(Exit.succeed(value), Effect.void),
            onFailure: (cause) =>
              end(Exit.failCause(cause), Effect.failCause(scrubbedCause(cause, this.#secrets)))
          })
    this.#run(this.#host.around(shown, this.node), (exit) => this.#settleExit(action, ended ?? exit))
  }

  /** Runs an Effect in the attempt's environment; one that never suspends is over when this returns. */
  #run<A, E>(effect: Effect.Effect<A, E>, onExit: (exit: Exit.Exit<A, E>) => void): void {
    const fiber = Effect.runForkWith(this.#environment())(effect)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return onExit(exit)
    this.#fiber = fiber
    fiber.addObserver(onExit)
    if (this.#stop !== undefined) fiber.interruptUnsafe()
  }

  #environment(): Context.Context<never> {
    const { node, number } = this
    const { runId } = this.#host.state
    this.#context ??= insideRun(
      this.#host.context,
      { runId, note: (message, details) => this.#note(message, details) },
      { run: runId, node: node.spec.id, attempt: number }
    )
    return this.#context
  }

  #settleExit(action: CompiledAction, exit: Exit.Exit<unknown, unknown>): void {
    if (Exit.isSuccess(exit)) this.#settle(action, exit.value)
    else this.#endWith(exit)
  }

  #endWith(exit: Exit.Failure<unknown, unknown>): void {
    const error = ErrorDescription.fromCause(exit.cause, this.#hideIn)
    if (error !== undefined && this.#stop !== "timeout") return this.#failWith(error)
    this.#endStopped()
  }

  #settleRejection(error: unknown): void {
    // What a promise does once its signal is aborted is to reject: that is the interruption, not a failure of its own.
    if (this.#stop !== undefined) this.#endStopped()
    else this.#failThrown(error)
  }

  #endStopped(): void {
    if (this.#stop === "timeout") this.#fail(this.#timedOut())
    else this.#report({ _tag: "AttemptInterrupted", node: this.node, attempt: this.number, ignored: false })
  }

  #timedOut(): Failure {
    const limit = this.node.spec.timeoutMillis ?? this.#host.state.config.nodeTimeoutMillis ?? 0
    return { cause: "TimedOut", message: `the attempt took longer than ${limit} ms` }
  }

  #settle(action: CompiledAction, value: unknown): void {
    if (this.#isOver) return
    if (this.#stop === "timeout") return this.#endStopped()
    const read = attempted(() => readOutput(action, value))
    if (Result.isFailure(read)) return this.#failThrown(read.failure)
    if (Result.isFailure(read.success)) {
      return this.#fail({ cause: "InvalidOutput", message: read.success.failure })
    }
    const output = read.success.success
    if (this.node.spec.intent === "transform" && isWithoutPayload(output)) {
      const message = `node "${this.node.spec.id}" transforms the payload, and its action gave no "payload"`
      return this.#fail({ cause: "InvalidOutput", message })
    }
    const refused =
      output.updates === undefined && output.routes === undefined
        ? undefined
        : checkWritten(this.#host.state, output.updates, output.routes, this.#host.reducerOf)
    if (refused !== undefined) this.#fail(refused)
    else if (output.wait !== undefined) this.#wait(output, output.wait)
    else if (output.failure === undefined) this.#complete(output)
    else this.#failWith(ErrorDescription.make("Reported", output.failure, this.#hideIn), output.usage)
  }

  /** Reports what the node is to wait for. Secrets are hidden in it as in outputs. */
  #wait({ metadata, usage }: ReadOutput, { deadline, wait }: ReadWait): void {
    const { state } = this.#host
    const bytes = metadata === undefined ? 0 : jsonBytes(metadata)
    const { payloadBytesMax } = state.config
    if (bytes > payloadBytesMax)
      return this.#tooLarge(`${bytes} bytes as JSON, and payloadBytesMax is ${payloadBytesMax}`)
    const scrub = <A>(value: A): A => Secrets.scrub(value as never, this.#secrets)
    this.#report({
      _tag: "AttemptWaits",
      node: this.node,
      attempt: this.number,
      wait: scrub(wait),
      deadline: deadline && ((nowMillis) => scrub(deadline(nowMillis))),
      metadata: metadata && scrub(metadata),
      usage
    })
  }

  /** `cachedAtMillis`: when the outputs were recorded that are used again. */
  #complete(read: ReadOutput, cachedAtMillis?: number): void {
    const { state, store } = this.#host
    const { payloadBytesMax } = state.config
    // Where nothing is kept beside the log, all of it stays in the log.
    const artifactBytesMin = store.driver.abilities.artifacts ? state.config.artifactBytesMin : Infinity
    const smallMax = Math.min(artifactBytesMin, payloadBytesMax, eventBytesMax)
    const output = this.#secrets.size === 0 ? read : scrubbedOutput(read, this.#secrets)
    if (read.size * sizeFactorMax < smallMax) this.#succeed(output, output.outputs, cachedAtMillis)
    else this.#completeLarge(output, cachedAtMillis, { artifactBytesMin, smallMax })
  }

  /** Completes with outputs that have to be measured: what is too large for the log is kept beside it, if it may be. */
  #completeLarge(
    output: ReadOutput,
    cachedAtMillis: number | undefined,
    { artifactBytesMin, smallMax }: { readonly artifactBytesMin: number; readonly smallMax: number }
  ): void {
    const { metadata, outputs, updates } = output
    const { persist, state, store } = this.#host
    const { payloadBytesMax } = state.config
    const besideBytes =
      (metadata === undefined ? 0 : jsonBytes(metadata)) + (updates === undefined ? 0 : jsonBytes(updates))
    const bytes = jsonBytes(outputs) + besideBytes
    if (bytes > payloadBytesMax)
      return this.#tooLarge(`${bytes} bytes as JSON, and payloadBytesMax is ${payloadBytesMax}`)
    if (bytes < smallMax) return this.#succeed(output, outputs, cachedAtMillis)
    this.#run(persist(storeArtifacts(store, state.runId, outputs, artifactBytesMin)), (exit) => {
      if (Exit.isFailure(exit)) return this.#endWith(exit)
      const rest = jsonBytes(exit.value) + besideBytes
      if (rest < eventBytesMax) return this.#succeed(output, exit.value, cachedAtMillis)
      const where =
        artifactBytesMin < Infinity ? "in parts too small for artifacts" : "and the store keeps no artifacts"
      this.#tooLarge(`${rest} bytes as JSON ${where}, and one event has at most ${eventBytesMax}`)
    })
  }

  /** Reports success, once the outputs are kept for others if they are to be. `stored`: they, as the log holds them. */
  #succeed(output: ReadOutput, stored: Event.Outputs, cachedAtMillis: number | undefined): void {
    const { metadata, routes, updates, usage } = output
    const report: Report = {
      _tag: "AttemptSucceeded",
      node: this.node,
      attempt: this.number,
      outputs: stored,
      metadata,
      usage,
      cachedAtMillis,
      updates,
      routes
    }
    // What writes and leads does more than to give outputs, so it has to run again.
    const isPlain = updates === undefined && routes === undefined
    if (this.#cache === undefined || cachedAtMillis !== undefined || !isPlain) this.#report(report)
    else this.#reportKept(this.#cache, output, report)
  }

  #reportKept(cache: CacheUse, output: ReadOutput, report: Report): void {
    this.#run(keepOutputs(this.#host.store, cache, output), () => this.#report(report))
  }

  #tooLarge(size: string): void {
    this.#fail({ cause: "TooLarge", message: `the outputs have ${size}` })
  }

  /** Takes the values of secrets out of a text. */
  get #hideIn(): (text: string) => string {
    return (text) => Secrets.scrubText(text, this.#secrets)
  }

  #fail({ cause, channel, message }: Failure): void {
    const error = ErrorDescription.make(cause, message, this.#hideIn)
    this.#failWith(channel === undefined ? error : { ...error, channel })
  }

  #failThrown(thrown: unknown): void {
    this.#failWith(ErrorDescription.describe("Thrown", thrown, this.#hideIn))
  }

  #failWith(error: NodeError.NodeError, usage?: Event.Usage): void {
    const logs = this.#logs
    const whole = logs === undefined || logs.length === 0 ? error : { ...error, logs: [...logs] }
    const scrubbed = this.#secrets.size === 0 ? whole : Secrets.scrub(whole as never, this.#secrets)
    this.#report({ _tag: "AttemptFailed", node: this.node, attempt: this.number, error: scrubbed, usage })
  }

  #report(report: Report): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#emitted > 0) {
      const { id: nodeId } = this.node.spec
      this.#host.live({ _tag: "EmittedAll", nodeId, attempt: this.number, count: this.#emitted })
    }
    this.#host.report(report)
  }

  /** The signal that is aborted when the attempt is interrupted; made when the action first asks for it. */
  signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#stop !== undefined) this.#controller.abort(new Error("the attempt was interrupted"))
    return this.#controller.signal
  }

  /** Logs a line for the action. */
  log(message: string, details?: LogDetails): void {
    log(this.#environment(), Secrets.scrubText(message, this.#secrets), this.#hide(details))
  }

  /** Takes note of a line that was logged; the last ones stay with the error of a failed attempt. */
  #note(message: string, details: LogDetails | undefined): void {
    const line = Secrets.scrubText(message, this.#secrets)
    const hidden = this.#hide(details)
    const whole = hidden === undefined ? line : `${line} ${textOf(hidden)}`
    this.#logs ??= []
    this.#logs.push(whole.slice(0, logLineMax))
    if (this.#logs.length > logLinesMax) this.#logs.shift()
    if (!this.#host.isFollowed()) return
    const { id: nodeId } = this.node.spec
    this.#host.live({ _tag: "Logged", nodeId, attempt: this.number, message: line, details: hidden })
  }

  /** The details of a line without secrets. Those that are no JSON are made text, or a secret could hide in them. */
  #hide(details: LogDetails | undefined): LogDetails | undefined {
    if (details === undefined || this.#secrets.size === 0) return details
    const frozen = attempted(() => frozenJson(details, "details"))
    return Result.isSuccess(frozen) && Result.isSuccess(frozen.success)
      ? (Secrets.scrub(frozen.success.success.value, this.#secrets) as LogDetails)
      : { details: Secrets.scrubText(textOf(details), this.#secrets) }
  }

  /** Shows a value to whoever follows the run live. */
  emit(value: Schema.Json): void {
    // What comes after the end of the attempt would follow the mark that nothing follows.
    if (this.#isOver) return
    this.#emitted++
    if (!this.#host.isFollowed()) return
    // Emitting never fails a node: what JSON cannot hold is shown as the reason why.
    const read = attempted(() => frozenJson(value, "value"))
    const frozen = Result.isSuccess(read) ? read.success : Result.fail("reading the value throws")
    const shown = Result.isSuccess(frozen)
      ? Secrets.scrub(frozen.success.value, this.#secrets)
      : frozen.failure
    const { id: nodeId } = this.node.spec
    this.#host.live({ _tag: "Emitted", nodeId, attempt: this.number, index: this.#emitted, value: shown })
  }
}

/** What outputs that are used again do not bring with them. */
const nothingElse = {
  usage: undefined,
  failure: undefined,
  wait: undefined,
  updates: undefined,
  routes: undefined
}

const handlerInputs = (node: NodeState.NodeState): Readonly<Record<string, Schema.Json>> => ({
  node: node.spec.id,
  error: (node.error ?? null) as unknown as Schema.Json,
  attempts: node.attempts.filter((attempt) => attempt.role === "action").length
})

/** Runs code of the user's, which may throw anything. */
const attempted = <A>(body: () => A): Result.Result<A, unknown> => Result.try(body)

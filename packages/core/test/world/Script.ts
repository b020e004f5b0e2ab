/** Actions whose ends a test decides, and that note what happened to them. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import type { ActionContext } from "../../src/action/ActionContext.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"

/** An error of the user's own. */
export class Boom extends Schema.TaggedError<Boom>()("Boom", { message: Schema.String }) {}

type Input = Readonly<Record<string, Schema.Json>>

const messageOf = ({ message }: Input): string => (typeof message === "string" ? message : "boom")

/** One call of an action. */
export interface Call {
  readonly nodeId: string
  readonly attempt: number
  readonly input: Input
  readonly key: string
}

/** Actions whose ends a test decides. */
export class Script {
  /** Every call of an action, in the order in which they came. */
  readonly calls: Array<Call> = []
  /** Nodes whose attempts were interrupted and whose finalisers have run. */
  readonly stopped: Array<string> = []
  /** Calls that go on. */
  running = 0
  /** The most calls that ever went on at once. */
  peak = 0
  readonly #held = new Map<string, Deferred.Deferred<Input, Boom>>()

  /** Ids of the called nodes, in order. */
  get called(): ReadonlyArray<string> {
    return this.calls.map((call) => call.nodeId)
  }

  /** How often a node was called. */
  count(nodeId: string): number {
    return this.called.filter((id) => id === nodeId).length
  }

  /** Lets a held node complete. */
  release(nodeId: string, outputs: Input = {}): void {
    Deferred.doneUnsafe(this.#hold(nodeId), Exit.succeed(outputs))
  }

  /** Lets a held node fail. */
  fail(nodeId: string, message = "boom"): void {
    Deferred.doneUnsafe(this.#hold(nodeId), Exit.fail(new Boom({ message })))
  }

  #hold(nodeId: string): Deferred.Deferred<Input, Boom> {
    const known = this.#held.get(nodeId)
    if (known !== undefined) return known
    const made = Deferred.makeUnsafe<Input, Boom>()
    this.#held.set(nodeId, made)
    return made
  }

  #note(input: Input, context: ActionContext): void {
    const { attempt, idempotencyKey, nodeId } = context
    this.calls.push({ nodeId, attempt, input, key: idempotencyKey })
  }

  #action(
    name: string,
    run: (input: Input, context: ActionContext) => Effect.Effect<Input, Boom> | Promise<Input> | Input
  ): Action.Action<string, Input, Input, Boom> {
    return Action.fn(name, (input: Input, context) => {
      this.#note(input, context)
      const returned = run(input, context)
      if (!Effect.isEffect(returned)) return returned
      const begin = Effect.sync(() => {
        this.running++
        this.peak = Math.max(this.peak, this.running)
      })
      return begin.pipe(
        Effect.andThen(returned),
        Effect.onInterrupt(() => Effect.sync(() => void this.stopped.push(context.nodeId))),
        Effect.ensuring(Effect.sync(() => this.running--))
      )
    })
  }

  /**
   * - `ok`: gives `{ value }`, its input of that name or its node's id, at once; `later`: after a yield; `promise`: as a promise.
   * - `hold`: waits until the test releases it or lets it fail. `never`: until it is interrupted.
   * - `deaf`: never settles and does not listen to its signal. `stubborn`: cannot be interrupted while it is held.
   * - `ask`: waits for an answer; its input `wait` is what `NodeOutput.wait` takes. `sleep-until`: waits for its input `millis`.
   * - `fail`: fails; `flaky`: fails as often as its input `failures` says. `sleep`: takes its input `millis`.
   */
  get actions(): ReadonlyArray<Action.Any<never>> {
    const value = (input: Input, context: ActionContext): Input => ({
      value: input["value"] ?? context.nodeId
    })
    const made = [
      this.#action("ok", value),
      this.#action("later", (input, context) => Effect.as(Effect.yieldNow, value(input, context))),
      this.#action("promise", (input, context) => Promise.resolve(value(input, context))),
      this.#action("hold", (_, { nodeId }) => Deferred.await(this.#hold(nodeId))),
      this.#action("ask", (input) => NodeOutput.wait((input["wait"] ?? {}) as never) as never),
      this.#action("sleep-until", (input) =>
        Effect.succeed(NodeOutput.sleep({ until: Number(input["millis"]) }, { slept: true }) as never)
      ),
      this.#action("never", () => Effect.never),
      this.#action("deaf", () => new Promise<Input>(() => undefined)),
      this.#action("stubborn", (_, { nodeId }) => Effect.uninterruptible(Deferred.await(this.#hold(nodeId)))),
      this.#action("fail", (input) => Effect.fail(new Boom({ message: messageOf(input) }))),
      this.#action("flaky", (input, context) =>
        context.attempt <= Number(input["failures"])
          ? Effect.fail(new Boom({ message: `attempt ${context.attempt}` }))
          : Effect.succeed(value(input, context))
      ),
      this.#action("sleep", (input, context) =>
        Effect.as(Effect.sleep(Number(input["millis"])), value(input, context))
      )
    ]
    return made
  }
}

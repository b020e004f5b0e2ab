/**
 * Asks the hooks of a run.
 *
 * For one event the hooks are asked one after the other, so that the second sees what the first one's commands did; the
 * questions about different events overlap, up to a bound.
 */
import {
  BudgetView,
  type Envelope,
  Event,
  Evolve,
  RunReport,
  type RunState,
  RunStatus
} from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Result from "effect/Result"
import type { HookAnswer } from "../decide/decideAnswer.ts"
import type * as Hook from "../hook/Hook.ts"
import { askHook, callHook, isSilent } from "./askHook.ts"
import type { Feed } from "./Feed.ts"
import { hookWarning } from "./hookWarning.ts"
import { insideRun, log } from "./InsideRun.ts"

type AnyHook = Hook.Any<never>

/** What the desk needs of its run. */
export interface HookDeskOptions {
  readonly state: RunState.RunState
  readonly hooks: ReadonlyArray<AnyHook>
  /** The environment of hooks: services, clock, loggers. */
  readonly context: Context.Context<never>
  /** A gate hook has answered. */
  readonly answer: (hook: string, sequence: number, answer: HookAnswer) => void
  /** An observing hook has failed, or has answered with commands. */
  readonly observed: (hook: string, sequence: number, answer: HookAnswer) => void
  /** Shows the durable state between two turns. */
  readonly query: (see: (state: RunState.RunState, nowMillis: number) => void) => void
  /** Number of the last durable event. */
  readonly durable: () => number
  readonly concurrency: number
}

const edges: ReadonlySet<string> = new Set<Event.EventTag>(["RunStarted", "RunEnding"])

/** The events that a hook is asked about. */
const listensTo = (hook: AnyHook): ReadonlyArray<string> => {
  const on: Array<string> = []
  if (hook.onStart !== undefined) on.push("RunStarted")
  if (hook.onComplete !== undefined) on.push("RunEnding")
  if (hook.handle !== undefined) {
    const handled = hook.on ?? Event.tags.filter((tag) => !edges.has(tag))
    on.push(...handled.filter((tag) => Evolve.isAskable(tag) && !on.includes(tag)))
  }
  return on
}

/** The gate hooks among hooks, as the log declares them. */
export const gatesOf = (hooks: ReadonlyArray<AnyHook>): ReadonlyArray<Event.GateHook> =>
  hooks.filter((hook) => hook.mode !== "observe").map((hook) => ({ name: hook.name, on: listensTo(hook) }))

const call = (hook: AnyHook, envelope: Envelope.Envelope, about: Hook.HookContext): unknown => {
  const { event } = envelope
  if (event._tag === "RunStarted" && hook.onStart !== undefined) return hook.onStart(about)
  if (event._tag === "RunEnding" && hook.onComplete !== undefined) return hook.onComplete(event.result, about)
  return hook.handle?.(envelope, about)
}

/** The desk at which the hooks of one run are asked. */
export class HookDesk {
  readonly #options: HookDeskOptions
  readonly #byName: ReadonlyMap<string, AnyHook>
  readonly #contexts = new Map<AnyHook, Hook.HookContext>()
  /** Events whose answers are owed, by sequence number. */
  readonly #envelopes = new Map<number, Envelope.Envelope>()
  readonly #waiting: Array<number> = []
  readonly #asked = new Set<number>()
  /** What withdraws each question that has not been answered. */
  readonly #open = new Map<object, () => void>()
  #isClosed = false

  constructor(options: HookDeskOptions) {
    this.#options = options
    this.#byName = new Map(options.hooks.map((hook) => [hook.name, hook]))
  }

  /** Takes in an event that has become durable and to which answers are owed. */
  owe(envelope: Envelope.Envelope): void {
    this.#envelopes.set(envelope.sequence, envelope)
    this.#waiting.push(envelope.sequence)
  }

  /** Asks for the next answers, as many at once as the bound allows. */
  ask(): void {
    const { concurrency, state } = this.#options
    while (!this.#isClosed && this.#asked.size < concurrency) {
      const sequence = this.#waiting.shift()
      if (sequence === undefined) return
      const envelope = this.#envelopes.get(sequence)
      const hook = this.#byName.get(state.owed.get(sequence)?.hooks[0] ?? "")
      if (envelope === undefined || hook === undefined) {
        this.#envelopes.delete(sequence)
        continue
      }
      this.#asked.add(sequence)
      this.#ask(hook, envelope, (answer) => this.#options.answer(hook.name, sequence, answer))
    }
  }

  /** Decides an answer that was asked for; then the event's next hook may be asked. One that nobody asked for is dropped. */
  settle(sequence: number, decide: () => void): void {
    if (!this.#asked.delete(sequence)) return
    decide()
    if (this.#options.state.owed.has(sequence)) this.#waiting.unshift(sequence)
    else this.#envelopes.delete(sequence)
  }

  /** Warns in the log of the program of a refused command or a failed hook: whoever wrote the hook gets no other answer. */
  warn(trouble: Envelope.Envelope): void {
    const warning = hookWarning(trouble)
    if (warning !== undefined) Effect.runForkWith(this.#options.context)(warning)
  }

  /** Withdraws what is still asked. */
  close(): void {
    this.#isClosed = true
    for (const withdraw of this.#open.values()) withdraw()
    this.#open.clear()
  }

  /**
   * Shows observing hooks every recorded event they listen to, in order, each at its own pace. Their failures are recorded
   * and their commands refused; they change nothing else. They begin with the run, or with its take-up by this process.
   */
  observe(feed: Feed, isTakenUp: boolean): Effect.Effect<ReadonlyArray<Fiber.Fiber<void>>> {
    const { sequence, status } = this.#options.state
    const after = isTakenUp || RunStatus.isEnded(status) ? sequence : 0
    const observers = this.#options.hooks.filter((hook) => hook.mode === "observe")
    return Effect.forEach(observers, (hook) => Effect.forkChild(this.#show(hook, feed, after)))
  }

  /**
   * Waits until observers have seen the end of the run, for as long as a hook may take. Most have seen it by now, since they
   * see each event as it is published.
   */
  awaitObservers(observers: ReadonlyArray<Fiber.Fiber<void>>): Effect.Effect<void> {
    const late = observers.filter((observer) => observer.pollUnsafe() === undefined)
    if (late.length === 0) return Effect.void
    const seen = Effect.timeoutOption(Fiber.joinAll(late), this.#options.state.config.hookTimeoutMillis)
    return Effect.andThen(Effect.ignore(seen), Fiber.interruptAll(late))
  }

  #show(hook: AnyHook, feed: Feed, after: number): Effect.Effect<void> {
    const tags = new Set(listensTo(hook))
    return feed
      .forEachPage(after, (page) => this.#showAll(hook, tags, page, 0))
      .pipe(
        Effect.catchCause((cause) =>
          Effect.logWarning(`observing hook "${hook.name}" lost its events`, cause)
        )
      )
  }

  /** Shows events one after the other. A hook that answers at once costs a call; only one that does not is waited for. */
  #showAll(
    hook: AnyHook,
    tags: ReadonlySet<string>,
    page: ReadonlyArray<Envelope.Envelope>,
    from: number
  ): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (let at = from; at < page.length; at++) {
        const envelope = page[at]
        if (envelope === undefined || !tags.has(envelope.event._tag)) continue
        const later = this.#showOne(hook, envelope)
        if (later !== undefined) return Effect.andThen(later, this.#showAll(hook, tags, page, at + 1))
      }
      return Effect.void
    })
  }

  /** Shows one event; what it gives back waits for the answer, when that has not come yet. */
  #showOne(hook: AnyHook, envelope: Envelope.Envelope): Effect.Effect<void> | undefined {
    const about = this.#about(hook)
    const returned = callHook(() => call(hook, envelope, about))
    return isSilent(returned) ? undefined : this.#observeAnswer(hook, envelope.sequence, returned)
  }

  /** Hands over what an observing hook answers; what it gives back waits for that, when it has not come yet. */
  #observeAnswer(
    hook: AnyHook,
    sequence: number,
    returned: Result.Result<unknown, unknown>
  ): Effect.Effect<void> | undefined {
    let isAnswered = false
    let wake: (() => void) | undefined
    const withdraw = this.#await(hook, returned, (answer) => {
      const isEmpty = answer._tag === "Answered" && answer.commands.length === 0
      if (!isEmpty) this.#options.observed(hook.name, sequence, answer)
      isAnswered = true
      wake?.()
    })
    if (isAnswered) return undefined
    return Effect.callback<void>((resume) => {
      wake = () => resume(Effect.void)
      if (isAnswered) wake()
      return Effect.sync(withdraw)
    })
  }

  /** Asks a hook. */
  #ask(hook: AnyHook, envelope: Envelope.Envelope, onAnswer: (answer: HookAnswer) => void): void {
    const about = this.#about(hook)
    const returned = callHook(() => call(hook, envelope, about))
    this.#await(hook, returned, onAnswer)
  }

  /** Waits for the answer of a hook that was called; what it gives back withdraws the question. */
  #await(
    hook: AnyHook,
    returned: Result.Result<unknown, unknown>,
    onAnswer: (answer: HookAnswer) => void
  ): () => void {
    let isOpen = true
    const end = askHook({
      returned,
      timeoutMillis: Duration.toMillis(hook.timeout ?? this.#options.state.config.hookTimeoutMillis),
      fork: (effect) => Effect.runForkWith(this.#environment(hook))(effect),
      onAnswer: (answer) => {
        isOpen = false
        this.#open.delete(onAnswer)
        onAnswer(answer)
      }
    })
    if (isOpen) this.#open.set(onAnswer, end)
    return () => {
      this.#open.delete(onAnswer)
      end()
    }
  }

  #environment(hook: AnyHook): Context.Context<never> {
    const { context, state } = this.#options
    const { runId } = state
    return insideRun(context, { runId, note: undefined }, { run: runId, hook: hook.name })
  }

  #about(hook: AnyHook): Hook.HookContext {
    return this.#contexts.get(hook) ?? this.#makeContext(hook)
  }

  #makeContext(hook: AnyHook): Hook.HookContext {
    const { durable, query, state } = this.#options
    const about: Hook.HookContext = {
      runId: state.runId,
      flow: state.flow?.name ?? "",
      runInputs: state.inputs,
      outputs: (nodeId) => {
        const node = state.byId.get(nodeId)
        // A hook that answers later may look while the next turn is being decided: it sees only what is durable.
        return node !== undefined && node.endedSequence <= durable() ? node.outputs : undefined
      },
      report: Effect.callback((resume) => {
        query((seen, nowMillis) => resume(Effect.succeed(RunReport.make(seen, nowMillis))))
      }),
      budgets: Effect.callback((resume) => {
        query((seen) => resume(Effect.succeed(BudgetView.ofRun(seen) ?? [])))
      }),
      log: (message, details) => log(this.#environment(hook), message, details)
    }
    this.#contexts.set(hook, about)
    return about
  }
}

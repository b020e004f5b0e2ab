/**
 * The flow that the killed processes run: parallel branches, a retry, a failure handler, a child run, two gate hooks of which
 * one lets the graph grow, commands from outside, and a node that joins everything.
 */
import { Action, type ActionContext, Hook } from "@dagflow/core"
import type { Command, Envelope, FlowSpec } from "@dagflow/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { existsSync } from "node:fs"
import path from "node:path"
import { type Assignment, ledgerOf } from "./Assignment.ts"
import { eventName, nameIn } from "./eventName.ts"
import type { KillPlan } from "./KillPlan.ts"
import type { InnerPoint } from "./KillPoint.ts"
import * as Ledger from "./Ledger.ts"

/** How long the flow waits before it retries: longer than it takes to be killed meanwhile. */
const retryMillis = 150

/** The flow of the child run. */
const inner: FlowSpec.FlowSpec = {
  name: "inner",
  config: { maxLostAttempts: 50 },
  nodes: [
    { id: "s1", action: "work" },
    { id: "s2", action: "work", dependencies: ["s1"] }
  ]
}

/** The flow. A node may be lost more often than usual, since that is what happens here. */
export const crashFlow: FlowSpec.FlowSpec = {
  name: "killed",
  config: { maxParallel: 3, maxLostAttempts: 50 },
  nodes: [
    { id: "a", action: "work" },
    {
      id: "b",
      action: "flaky",
      retry: { tries: 6, backoff: "fixed", initialMillis: retryMillis, jitter: 0 }
    },
    { id: "c", action: "broken", failure: "mend" },
    { id: "free", action: "work" },
    { id: "free-2", action: "work", dependencies: ["free"] },
    { id: "after-a", action: "work", dependencies: ["a"] },
    { id: "sub", action: "inner", flow: inner, returns: { value: "s2" } },
    { id: "after-sub", action: "work", dependencies: ["sub"] },
    { id: "z", action: "work", dependencies: ["b", "c", "after-a", "free-2"] }
  ]
}

/** What the hook answers when `a` has completed: a batch whose nodes depend on one another, and one more node. */
const growth: ReadonlyArray<Command.Command> = [
  {
    _tag: "AddNodes",
    id: "growth",
    nodes: [
      { id: "grown-2", action: "work", dependencies: ["grown-1"] },
      { id: "grown-1", action: "work", dependencies: ["a"] }
    ]
  },
  { _tag: "EmitEvent", name: "grown" },
  { _tag: "AddNode", node: { id: "grown-3", action: "work", dependencies: ["grown-2", "z"] } }
]

/** What an action fails with that is meant to fail. */
class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

/** Stops this thread until something is so. */
const blockUntil = (isSo: () => boolean): void => {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (!isSo()) Atomics.wait(cell, 0, 0, 10)
}

/** What a node gave; one that goes on as a child run gives the outputs of a node of that. */
const valueOf = (outputs: Readonly<Record<string, unknown>> | undefined): string => {
  const value = outputs?.["value"]
  return typeof value === "string" ? value : `[${valueOf(value as Readonly<Record<string, unknown>>)}]`
}

/** The work of a process, with all that is noted and killed on the way. */
export class CrashWork {
  readonly #assignment: Assignment
  readonly #plan: KillPlan

  constructor(assignment: Assignment, plan: KillPlan) {
    this.#assignment = assignment
    this.#plan = plan
  }

  /** Writes a side effect down. */
  note(kind: Ledger.Entry["kind"], runId: string, name: string, number: number): void {
    Ledger.write(ledgerOf(this.#assignment), { kind, runId, name, number, owner: this.#assignment.owner })
  }

  /** The actions, which do nothing but note that they ran. */
  get actions(): ReadonlyArray<Action.Any<never>> {
    const work = Action.fn("work", (_: object, context) => this.#perform(context, "action"))
    const mend = Action.fn("mend", (_: object, context) => this.#perform(context, "handler"))
    // It fails once, not just in its first attempt: that one may be lost with its process.
    const flaky = Action.fn("flaky", (_: object, context) =>
      this.#hasDone(context) ? this.#perform(context, "action") : this.#fail(context, "not yet")
    )
    const broken = Action.fn("broken", (_: object, context) => this.#fail(context, "it is broken"))
    return [work, mend, flaky, broken]
  }

  /** The hooks, in the order in which they are asked. */
  get hooks(): ReadonlyArray<Hook.Any<never>> {
    const grow = Hook.make({
      name: "grow",
      on: ["NodeCompleted", "NodeFailed"],
      timeout: "5 minutes",
      onStart: ({ runId }) =>
        this.#answer("grow", runId, 1, "RunStarted", [{ _tag: "EmitEvent", name: "opened" }]),
      handle: (envelope) => this.#answerTo("grow", envelope, envelope.runId),
      onComplete: (_, { runId }) =>
        this.#answer("grow", runId, Ledger.lastQuestion, "RunEnding", [
          { _tag: "EmitEvent", name: "closing" }
        ])
    })
    const look = Hook.make({
      name: "look",
      on: ["NodeCompleted"],
      timeout: "5 minutes",
      handle: (envelope) => this.#answerTo("look", envelope, envelope.runId)
    })
    return [grow, look]
  }

  #hasDone({ nodeId, runId }: ActionContext.ActionContext): boolean {
    const done = Ledger.read(ledgerOf(this.#assignment))
    return done.some((entry) => entry.kind === "action" && entry.runId === runId && entry.name === nodeId)
  }

  #perform(
    { attempt, dependencies, nodeId, runId }: ActionContext.ActionContext,
    kind: "action" | "handler"
  ) {
    const of = Object.keys(dependencies)
      .sort()
      .map((id) => valueOf(dependencies[id]))
    const value = of.length === 0 ? nodeId : `${nodeId}(${of.join(" ")})`
    return Effect.sync(() => {
      this.note(kind, runId, nodeId, attempt)
      this.#dieAt(runId, (point) => point.at === kind && point.node === nodeId)
    }).pipe(
      Effect.delay("3 millis"),
      Effect.andThen(this.#released(`NodeStarted ${nodeId}`)),
      Effect.as({ value }),
      Effect.onInterrupt(() => Effect.sync(() => this.note("stopped", runId, nodeId, attempt)))
    )
  }

  #fail({ attempt, nodeId, runId }: ActionContext.ActionContext, message: string) {
    return Effect.suspend(() => {
      this.note("action", runId, nodeId, attempt)
      this.#dieAt(runId, (point) => point.at === "action" && point.node === nodeId)
      return Effect.fail(new Refused({ message }))
    }).pipe(Effect.delay("3 millis"))
  }

  #answerTo(hook: string, { event, sequence }: Envelope.Envelope, runId: string) {
    const isGrowing = hook === "grow" && event._tag === "NodeCompleted" && event.nodeId === "a"
    return this.#answer(hook, runId, sequence, eventName(event), isGrowing ? growth : [])
  }

  #answer(
    hook: string,
    runId: string,
    sequence: number,
    event: string,
    commands: ReadonlyArray<Command.Command>
  ): Effect.Effect<ReadonlyArray<Command.Command>> {
    const name = nameIn(runId, event)
    return Effect.sync(() => {
      this.note("hook", runId, hook, sequence)
      this.#dieAt(runId, (point) => point.at === "gate" && point.event === name)
    }).pipe(Effect.andThen(this.#released(name)), Effect.as(commands))
  }

  #released(event: string): Effect.Effect<void> {
    const { folder, latch } = this.#assignment
    if (event !== latch?.event) return Effect.void
    const file = path.join(folder, "release")
    if (latch.isBlocking === true) return Effect.sync(() => blockUntil(() => existsSync(file)))
    return Effect.asVoid(
      Effect.repeat(
        Effect.sync(() => existsSync(file)),
        { until: (isThere) => isThere, schedule: Schedule.spaced("5 millis") }
      )
    )
  }

  #dieAt(runId: string, isHere: (point: InnerPoint) => boolean): void {
    this.#plan.dieAt(isHere, { owner: this.#assignment.owner, runId })
  }
}

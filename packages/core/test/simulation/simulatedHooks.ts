import type { Envelope, Event } from "@dagflow/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Hook } from "../../src/index.ts"
import type { HookPlan, HookReply, Scenario } from "./scenario/Scenario.ts"
import type { Witness } from "./Witness.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"

const asThenable = (process: VirtualProcess, reply: HookReply, value: unknown): PromiseLike<unknown> => ({
  // oxlint-disable-next-line unicorn/no-thenable -- a promise of the language would settle outside of the simulated time.
  then: ((onValue: (value: unknown) => void, onError: (error: unknown) => void) => {
    process.world.sleep(process, process.world.nowMillis + reply.afterMillis, () => {
      if (reply.kind === "fails" || reply.kind === "throws") onError(new Error("the hook fails"))
      else onValue(value)
    })
  }) as PromiseLike<unknown>["then"]
})

class HookTrouble extends Data.TaggedError("HookTrouble")<{ readonly message: string }> {}

const asEffect = (reply: HookReply, value: unknown): Effect.Effect<unknown, Error> => {
  if (reply.kind === "hangs") return Effect.never
  const end = Effect.suspend((): Effect.Effect<unknown, Error> => {
    if (reply.kind === "fails") return Effect.fail(new HookTrouble({ message: "the hook fails" }))
    if (reply.kind === "throws") return Effect.die(new Error("the hook dies"))
    return Effect.succeed(value)
  })
  return reply.afterMillis === 0 ? end : Effect.andThen(Effect.sleep(reply.afterMillis), end)
}

const perform = (process: VirtualProcess, reply: HookReply): unknown => {
  const value = reply.kind === "answers_nonsense" ? "nonsense" : reply.commands
  if (reply.form === "thenable") return asThenable(process, reply, value)
  if (reply.form === "effect") return asEffect(reply, value)
  if (reply.kind === "fails" || reply.kind === "throws") throw new Error("the hook fails")
  return value
}

const silence: HookReply = { kind: "answers", afterMillis: 0, form: "plain", commands: [] }

const isFinal = (event: Event.Event): boolean =>
  event._tag !== "NodeFailed" || (event.retryAtMillis === undefined && event.handling !== true)

/** Child runs do not grow by what is meant for the runs above them: each child would have children of its own. */
const forRun = (runId: string, reply: HookReply = silence): HookReply =>
  runId.includes("/") ? { ...reply, commands: [] } : reply

const replyTo = (plan: HookPlan, { event, runId }: Envelope.Envelope): HookReply => {
  if (event._tag === "RunStarted") return forRun(runId, plan.onStart)
  if (event._tag === "RunEnding") return forRun(runId, plan.onComplete)
  const nodeId = "nodeId" in event ? event.nodeId : undefined
  const rule = plan.rules.find((one) => one.tag === event._tag && one.nodeId === nodeId && isFinal(event))
  return rule?.reply ?? silence
}

/** The hooks of a simulated process. What they answer is what the schedule says, however often they are asked. */
export const simulatedHooks = (
  scenario: Scenario,
  process: VirtualProcess,
  number: number,
  witness: (runId: string) => Witness | undefined
): ReadonlyArray<Hook.Any<never>> =>
  scenario.hooks
    .filter((plan) => plan.goneFrom === undefined || number < plan.goneFrom)
    .map((plan) => {
      const answer = (runId: string, envelope: Envelope.Envelope | undefined): never => {
        if (process.state === "dead" || envelope === undefined) return Effect.never as never
        witness(runId)?.ask(process, plan.name, plan.mode === "gate", envelope)
        return perform(process, replyTo(plan, envelope)) as never
      }
      const find = (runId: string, tag: Event.EventTag) =>
        witness(runId)?.log.find((envelope) => envelope.event._tag === tag)
      return {
        name: plan.name,
        mode: plan.mode,
        on: plan.on,
        handle: (envelope, about) => answer(about.runId, envelope),
        ...(plan.onStart && { onStart: (about) => answer(about.runId, find(about.runId, "RunStarted")) }),
        ...(plan.onComplete && {
          onComplete: (_, about) => answer(about.runId, find(about.runId, "RunEnding"))
        })
      } satisfies Hook.Any<never>
    })

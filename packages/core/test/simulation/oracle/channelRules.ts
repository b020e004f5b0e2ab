/** What holds of channels: what nodes wrote is merged in the order of the frontier, once, and told truly. */
import { isDeepStrictEqual } from "node:util"
import type { Model } from "./Model.ts"
import { on, type Rule } from "./Rule.ts"

/** Nodes that ran in the order in which what they wrote counts: those of the frontier in its order, others before them. */
export const ranInOrder = (model: Model): ReadonlyArray<string> => {
  const { frontier, ran } = model.step
  const ended = [...new Set(ran)]
  const before = ended.filter((id) => !frontier.includes(id))
  before.sort((a, b) => model.node(a).index - model.node(b).index)
  return [...before, ...frontier.filter((id) => ended.includes(id))]
}

const writing = on(["NodeCompleted"], ({ complain, event, model }) => {
  for (const channel of Object.keys(event.updates ?? {})) {
    if (!model.channels.held.has(channel)) complain("channels", `"${event.nodeId}" writes to "${channel}"`)
  }
})

const setting = on(["ChannelSet"], ({ complain, event, model }) => {
  if (!model.channels.held.has(event.channel))
    complain("channels", `"${event.channel}" is set, and there is none`)
})

const merging = on(["StepCompleted"], ({ complain, event, model }) => {
  const outcome = model.channels.outcome(ranInOrder(model))
  const { word } = outcome.values
  const expected = { ...outcome, values: word === undefined ? {} : { word } }
  const { conflicts = [], unmerged = false, updated = [], values = {}, versions = {} } = event
  const told = { updated, versions, values, conflicts, unmerged }
  if (!isDeepStrictEqual(told, expected)) {
    complain("channels", `step ${event.step} tells ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`)
  }
  if (unmerged && model.interrupted === undefined) complain("channels", "what cannot be merged ends no run")
})

const failing = on(["RunInterrupted"], ({ complain, event, model }) => {
  const isUnmerged = model.channels.outcome(ranInOrder(model)).unmerged
  if (event.cause === "channel_failed" && !(model.step.isOpen && isUnmerged)) {
    complain("channels", "the run ends because of a channel that takes all of it")
  }
  // Of the channels of simulated flows only `cost` can be full.
  const { failure } = event
  const isTold =
    failure?._tag === "ChannelFailed" && failure.channel === "cost" && failure.step === model.step.number
  if (event.cause === "channel_failed" && !isTold) {
    complain(
      "channels",
      `the run ends by ${JSON.stringify(failure)}, not by channel cost in step ${model.step.number}`
    )
  }
  if (event.cause !== "channel_failed" && event.cause !== "limit_reached" && failure !== undefined) {
    complain("failures and ends", `a run that is ${event.cause} brings a failure of its own`)
  }
})

/** Rules for channels. */
export const channelRules: ReadonlyArray<Rule> = [writing, setting, merging, failing]

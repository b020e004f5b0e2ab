import { AnswerCheck, type Command, type Envelope, type Rejection, Suggestion } from "@dagflow/protocol"
import type { Turn } from "./Turn.ts"

/** Gives a channel another value, or says why it cannot have it. The value counts from the end of the step on. */
export const setChannel = (
  turn: Turn,
  { channel, value }: Command.Command & { readonly _tag: "SetChannel" },
  cause: Envelope.EventCause | undefined
): Rejection.Rejection | undefined => {
  const { state } = turn
  if (!state.channels.has(channel)) {
    const suggestion = Suggestion.nearest(channel, Suggestion.vocabulary(state.channels.keys()))
    return { _tag: "UnknownChannel", channel, ...(suggestion !== undefined && { suggestion }) }
  }
  const schema = state.flow?.channels?.[channel]?.schema
  const problem = schema && AnswerCheck.answerProblem(schema, value)
  if (problem !== undefined) {
    return { _tag: "InvalidInput", message: `channel "${channel}" does not take this value: ${problem}` }
  }
  turn.record({ _tag: "ChannelSet", channel, value }, cause)
  return undefined
}

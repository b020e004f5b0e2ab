/** Mutations of planners, tasks and topics: rows 161 to 166. */
import { edit, type Mutation, mutation } from "./Mutation.ts"

export const planners: ReadonlyArray<Mutation> = [
  mutation(
    161,
    "the turn that follows is not told the results",
    edit(
      "planner/src/internal/growth.ts",
      "const history = [...historyOf(turn), `${results.id}.message`]",
      "const history = [...historyOf(turn)]"
    )
  ),
  mutation(
    162,
    "of the calls of a model the last one gets no node",
    edit(
      "planner/src/internal/growth.ts",
      "for (const [index, { call, plan, tool }] of calls.entries()) {",
      "for (const [index, { call, plan, tool }] of calls.slice(0, Math.max(1, calls.length - 1)).entries()) {"
    )
  ),
  mutation(
    163,
    "the tool that is to end a planner does not",
    edit(
      "planner/src/internal/stopCall.ts",
      "calls.some(({ name }) => name === stop)",
      "calls.some(({ name }) => name === stop && name === undefined)"
    )
  ),
  mutation(
    164,
    "the steps of a plan run all at once",
    edit(
      "planner/src/internal/growth.ts",
      "const after = step.after.length === 0 ? [base] : step.after.map(idOf)",
      "const after = [base]"
    )
  ),
  mutation(
    165,
    "an answer that comes before its wait is lost",
    edit(
      "core/src/decide/decideWait.ts",
      'turn.record({ _tag: "SignalReceived", nodeId, ...signal }, cause)\n return undefined',
      'return { _tag: "NotWaiting", nodeId, status: node.status }'
    )
  ),
  mutation(
    166,
    "a message that does not fit reaches its readers",
    edit(
      "core/src/engine/checkWritten.ts",
      "const problem = schema && AnswerCheck.answerProblem(schema, value)",
      "const problem = schema && undefined"
    )
  )
]

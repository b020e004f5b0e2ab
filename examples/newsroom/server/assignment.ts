import { dagflow } from "./engine.ts"
import { Assignment } from "./flow.ts"

/** What was asked for, and by whom: the first event of a run has its inputs. `undefined` when there is no such article. */
export const assignmentOf = async (runId: string): Promise<Assignment | undefined> => {
  for await (const { event } of dagflow.events(runId)) {
    return event._tag === "RunStarted" ? Assignment.safeParse(event.inputs).data : undefined
  }
  return undefined
}

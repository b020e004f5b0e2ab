import { onTestFinished } from "vitest"
import { createDagFlow, type DagFlow, type DagFlowError, type DagFlowOptions } from "@dagflow/promise"

/** An engine that is closed with the test; in memory unless said otherwise. */
export const engine = (options: Partial<DagFlowOptions> = {}): DagFlow => {
  const dagflow = createDagFlow({ store: "memory", ...options })
  onTestFinished(() => dagflow.close())
  return dagflow
}

/** What a promise rejects with; one that does not is a failure of the test. */
export const rejection = async (promise: Promise<unknown>): Promise<DagFlowError> => {
  try {
    await promise
  } catch (error) {
    return error as DagFlowError
  }
  throw new Error("the promise did not reject")
}

/** All that an iterable gives. */
export const gathered = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const one of iterable) all.push(one)
  return all
}

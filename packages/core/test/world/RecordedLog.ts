/** What a store holds of its runs, read as events and checked against everything that must hold of every log. */
import { type Envelope, Evolve, Invariants, type RunState, RunStatus } from "@dagflow/protocol"
import { MemoryStore, type MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { RunStore } from "../../src/store/RunStore.ts"

/** The log of a run. */
export const readLog = (data: MemoryStoreData, runId: string): ReadonlyArray<Envelope.Envelope> => {
  const log: Array<Envelope.Envelope> = []
  Effect.runSync(
    new RunStore(MemoryStore.make(data)).readAll(runId, 0, (envelope) => void log.push(envelope))
  )
  return log
}

/** A log longer than this is checked at its end only: a check looks at every node. */
const checkedWholeMax = 600

/** Folds a log, checking what must hold after each event. */
export const foldChecked = (runId: string, log: ReadonlyArray<Envelope.Envelope>): RunState.RunState => {
  let state = Evolve.fold(runId, [])
  log.forEach((envelope, index) => {
    expect(envelope.sequence).toBe(index + 1)
    state = Evolve.evolve(state, envelope)
    if (log.length > checkedWholeMax && index < log.length - 1) return
    expect(Invariants.check(state), `after event ${envelope.sequence}, ${envelope.event._tag}`).toEqual([])
  })
  return state
}

/**
 * For each attempt exactly one start, and at most one end; exactly one when the run has ended. Each wait that opens is
 * answered at most once, and only while it is open.
 */
const checkAttempts = (log: ReadonlyArray<Envelope.Envelope>, isOver: boolean): void => {
  const open = new Set<string>()
  const ended = new Set<string>()
  const waiting = new Set<string>()
  const lists = new Set<string>()
  for (const { event, sequence } of log) {
    const added =
      event._tag === "RunStarted" ? event.flow.nodes : event._tag === "NodesAdded" ? event.nodes : []
    for (const { forEach, id } of added) if (forEach !== undefined) lists.add(id)
    if (!("attempt" in event) || event.attempt === undefined) continue
    const key = `${event.nodeId} attempt ${event.attempt}`
    // A node whose list cannot be had fails without ever having begun.
    if (event._tag === "NodeFailed" && lists.has(event.nodeId) && !open.has(key)) open.add(key)
    if (event._tag === "NodeStarted" || event._tag === "NodeExpanded" || event._tag === "SubFlowStarted") {
      expect(open.has(key) || ended.has(key), `${key} starts twice (event ${sequence})`).toBe(false)
      open.add(key)
    } else if (event._tag === "NodeWaiting") {
      expect(open.has(key) && !waiting.has(key), `${key} waits out of turn (event ${sequence})`).toBe(true)
      waiting.add(key)
    } else if (event._tag === "SignalReceived") {
      expect(waiting.delete(key), `${key} is answered out of turn (event ${sequence})`).toBe(true)
    } else {
      expect(open.delete(key), `${key} ends without having started (event ${sequence})`).toBe(true)
      ended.add(key)
    }
  }
  if (isOver) expect([...open], "attempts without an end").toEqual([])
}

/** Checks every run that a store holds. */
export const checkData = (data: MemoryStoreData): void => {
  for (const run of data.runs.values()) {
    const log = readLog(data, run.runId)
    const state = foldChecked(run.runId, log)
    expect(run.status, `the row of ${run.runId}`).toBe(state.status)
    checkAttempts(log, RunStatus.isEnded(state.status))
  }
}

/** What is left of a run when all is over, and what must hold of it however often its processes were killed. */
import { type Envelope, type Event, Evolve, Invariants, type RunRow, RunStatus } from "@dagflow/protocol"
import { isDeepStrictEqual } from "node:util"
import { endingOf } from "./endingOf.ts"
import * as Ledger from "./Ledger.ts"

/** What is left of a run. */
export interface RunRecord {
  readonly runId: string
  readonly log: ReadonlyArray<Envelope.Envelope>
  /** The side effects of this run, in the order in which they happened. */
  readonly ledger: ReadonlyArray<Ledger.Entry>
  readonly row: RunRow | undefined
  /** Names of the processes that were killed. */
  readonly dead: ReadonlySet<string>
}

/** The ends that an attempt may have. */
type End = Event.EventOf<"NodeCompleted" | "NodeFailed" | "NodeCancelled">

const isEnd = (event: Event.Event): event is End =>
  event._tag === "NodeCompleted" || event._tag === "NodeFailed" || event._tag === "NodeCancelled"

const keyOf = (nodeId: string, attempt: number | undefined): string => `${nodeId} ${attempt}`

const countBy = <A>(list: Iterable<A>, keyOfOne: (one: A) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const one of list) counts.set(keyOfOne(one), (counts.get(keyOfOne(one)) ?? 0) + 1)
  return counts
}

/** Folds the log again event by event: it has no gap, and no prefix of it breaks an invariant. */
const checkLog = ({ log, runId }: RunRecord): ReadonlyArray<string> => {
  const complaints = log.flatMap(({ sequence }, place) =>
    sequence === place + 1 ? [] : [`event ${place + 1} has number ${sequence}`]
  )
  let state = Evolve.fold(runId, [])
  for (const envelope of log) {
    state = Evolve.evolve(state, envelope)
    const broken = Invariants.check(state)
    if (broken.length > 0)
      return [...complaints, ...broken.map((one) => `after event ${envelope.sequence}: ${one}`)]
  }
  if (!RunStatus.isEnded(state.status)) complaints.push(`the run is ${state.status}`)
  return complaints
}

/** Each attempt that started has one recorded end, and a node completes once. */
const checkAttempts = ({ log }: RunRecord): ReadonlyArray<string> => {
  const events = log.map(({ event }) => event)
  const ends = countBy(events.filter(isEnd), (event) => keyOf(event.nodeId, event.attempt))
  const completions = countBy(
    events.filter((event) => event._tag === "NodeCompleted"),
    (event) => event.nodeId
  )
  return [
    ...events
      .filter((event) => event._tag === "NodeStarted" || event._tag === "SubFlowStarted")
      .map((event) => keyOf(event.nodeId, event.attempt))
      .filter((key) => ends.get(key) !== 1)
      .map((key) => `attempt ${key} has ${ends.get(key) ?? 0} recorded ends`),
    ...[...completions]
      .filter(([, count]) => count !== 1)
      .map(([id, count]) => `${id} completed ${count} times`)
  ]
}

/** What was done was recorded before as started, was done once for each attempt, and never after its success. */
const checkWork = ({ ledger, log }: RunRecord): ReadonlyArray<string> => {
  const events = log.map(({ event }) => event)
  const work = ledger.filter(({ kind }) => kind === "action" || kind === "handler")
  const done = countBy(work, ({ name, number }) => keyOf(name, number))
  const started = new Map(
    events.flatMap((event) =>
      event._tag === "NodeStarted" ? [[keyOf(event.nodeId, event.attempt), event.role ?? "action"]] : []
    )
  )
  const complaints = [...done]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `attempt ${key} ran ${count} times`)
  for (const { kind, name, number } of work) {
    const role = started.get(keyOf(name, number))
    if (role !== kind) complaints.push(`attempt ${name} ${number} ran as ${kind}, and is recorded as ${role}`)
  }
  const children = new Set(
    events.flatMap((event) => (event._tag === "SubFlowStarted" ? [keyOf(event.nodeId, event.attempt)] : []))
  )
  for (const event of events) {
    // What a child run did stands in its own record.
    if (event._tag !== "NodeCompleted" || children.has(keyOf(event.nodeId, event.attempt))) continue
    const { attempt, nodeId } = event
    if (!done.has(keyOf(nodeId, attempt))) complaints.push(`${nodeId} ${attempt} completed and never ran`)
    const again = work.some(({ name, number }) => name === nodeId && number > attempt)
    if (again) complaints.push(`${nodeId} ran again after its attempt ${attempt} had completed`)
  }
  return complaints
}

/** Every answer is recorded once, to a question that was asked, and no hook is asked again after that. */
const checkAnswers = ({ ledger, log }: RunRecord): ReadonlyArray<string> => {
  /** The first epoch of each owner, since one that was late may have lost the run and have it again. */
  const epochs = new Map(
    log
      .flatMap(({ epoch, event }) => (event._tag === "RunOwned" ? [[event.owner, epoch] as const] : []))
      .reverse()
  )
  const answered = new Map<string, number>()
  const complaints: Array<string> = []
  for (const { epoch, event } of log) {
    if (event._tag === "HookFailed") complaints.push(`hook ${event.hook} failed: ${event.message}`)
    if (event._tag !== "HookAnswered") continue
    const key = `${event.hook} ${event.sequence}`
    if (answered.has(key)) complaints.push(`the answer of ${key} is recorded twice`)
    answered.set(key, epoch)
  }
  const ending = log.find(({ event }) => event._tag === "RunEnding")?.sequence ?? 0
  const asked = ledger
    .filter(({ kind }) => kind === "hook")
    .map((entry) => (entry.number === Ledger.lastQuestion ? { ...entry, number: ending } : entry))
  for (const { name, number, owner } of asked) {
    const epoch = answered.get(`${name} ${number}`)
    if (epoch === undefined)
      complaints.push(`${name} was asked about event ${number}, and no answer is recorded`)
    else if (epoch < (epochs.get(owner) ?? 0))
      complaints.push(`${name} was asked again about event ${number}`)
  }
  const questions = new Set(asked.map(({ name, number }) => `${name} ${number}`))
  for (const key of answered.keys()) {
    if (!questions.has(key)) complaints.push(`${key} is answered, and was never asked`)
  }
  return complaints
}

/** A command that was said to be accepted stands where its sender was told, and nowhere else. */
const checkSent = ({ ledger, log }: RunRecord): ReadonlyArray<string> => {
  const effects = countBy(
    log.flatMap(({ cause }) => (cause?.commandId === undefined ? [] : [cause.commandId])),
    (id) => id
  )
  return [
    ...ledger
      .filter(({ kind, name, number }) => kind === "sent" && log[number - 1]?.cause?.commandId !== name)
      .map(({ name, number }) => `"${name}" was said to be event ${number}, and is not`),
    ...[...effects]
      .filter(([, count]) => count > 1)
      .map(([id, count]) => `command "${id}" had ${count} effects`)
  ]
}

/** What a list of runs shows is what the log says, and nobody who lives owns a run that is over. */
const checkRow = ({ dead, log, row }: RunRecord): ReadonlyArray<string> => {
  const last = log.at(-1)
  const complaints: Array<string> = []
  if (row?.sequence !== last?.sequence) complaints.push(`the row ends with event ${row?.sequence}`)
  // A process that claims a run in the moment in which it ends raises the epoch, and has nothing more to record.
  if ((row?.epoch ?? 0) < (last?.epoch ?? 0))
    complaints.push(`the row has epoch ${row?.epoch}, the log ${last?.epoch}`)
  if (row?.owner !== undefined && !dead.has(row.owner)) complaints.push(`${row.owner} still owns the run`)
  return complaints
}

/** Who recorded the last event of a run, unless that is not its end. */
export const whoEnded = ({ log }: Pick<RunRecord, "log">): string | undefined => {
  const last = log.at(-1)
  if (last === undefined || !["RunCompleted", "RunFailed", "RunCancelled"].includes(last.event._tag))
    return undefined
  const owned = log.findLast(({ event }) => event._tag === "RunOwned")?.event
  return owned?._tag === "RunOwned" ? owned.owner : undefined
}

/** What does not hold of a run; `reference` is one of the same flow that never crashed. */
export const complaintsAbout = (
  record: RunRecord,
  reference: Pick<RunRecord, "runId" | "log">
): ReadonlyArray<string> => {
  const end = endingOf(Evolve.fold(record.runId, record.log), record.log)
  const expected = endingOf(Evolve.fold(reference.runId, reference.log), reference.log)
  const complaints = [
    ...[checkLog, checkAttempts, checkWork, checkAnswers, checkSent, checkRow].flatMap((check) =>
      check(record)
    ),
    ...(isDeepStrictEqual(end, expected)
      ? []
      : [`it ended as ${JSON.stringify(end)}\n  instead of ${JSON.stringify(expected)}`])
  ]
  return complaints.map((complaint) => `${record.runId}: ${complaint}`)
}

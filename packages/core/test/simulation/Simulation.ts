/** Runs a schedule from its beginning to the end of all its runs, without real time. */
import { isDeepStrictEqual } from "node:util"
import { type Event, Evolve, Expression, RunReport, type StoredEvent } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { RunStore } from "../../src/index.ts"
import { memoryDatabase } from "./database/memoryDatabase.ts"
import type { MakeDatabase, SimulatedDatabase } from "./database/SimulatedDatabase.ts"
import { batchOf } from "./oracle/hookRules.ts"
import { horizonMillis } from "./scenario/horizon.ts"
import { commandsOf, type Fault, type Scenario } from "./scenario/Scenario.ts"
import { SimulatedEngine, type Settled } from "./SimulatedEngine.ts"
import { eventsMax, type Witness } from "./Witness.ts"
import { Witnesses } from "./Witnesses.ts"
import { Dice } from "./world/Dice.ts"
import type { VirtualProcess } from "./world/VirtualProcess.ts"
import { beginMillis, type Stop, VirtualWorld } from "./world/VirtualWorld.ts"

// What reads expressions takes real time to load, and there is none in a simulated world.
await Effect.runPromise(Expression.load)

/** Why a world that stopped before the runs had ended did so. */
const why: Readonly<Record<Exclude<Stop, "done">, string>> = {
  idle: "nobody does anything any more",
  late: "it takes longer than everything could take one after the other",
  restless: "it goes round in circles"
}

/** Mail that was heard of this long before a run's end has been read. */
const mailMillis = 200

/** What came of a schedule. */
export interface Simulated {
  /** What is wrong, each with the rule that is broken; empty when all is well. */
  readonly complaints: ReadonlyArray<string>
  readonly witnesses: ReadonlyMap<string, Witness>
  /** The logs as the store has them, as one text. */
  readonly logs: string
  /** The faults that struck. */
  readonly struck: ReadonlyArray<Fault>
}

/** Whether the outputs of a node are not those of its code: somebody, or a default, gave them. */
const isGiven = (witness: Witness, { attempt, nodeId, waitEnd }: Event.EventOf<"NodeCompleted">): boolean =>
  waitEnd?._tag === "Answered" ||
  (waitEnd?._tag === "Expired" && witness.executions.get(`${nodeId}#${attempt}`)?.outputs === undefined)

/** A schedule on its way. */
class Simulation {
  readonly #scenario: Scenario
  readonly #world: VirtualWorld
  readonly #database: SimulatedDatabase
  readonly #witnesses: Witnesses
  readonly #engines: Array<SimulatedEngine> = []
  readonly #settled: Settled = new Set()
  readonly #complaints: Array<string> = []
  readonly #struck: Array<Fault> = []
  readonly #dice: Dice

  constructor(scenario: Scenario, world: VirtualWorld, database: SimulatedDatabase) {
    this.#scenario = scenario
    this.#dice = new Dice(scenario.seed, "faults")
    this.#world = world
    this.#database = database
    const proposed = new Set(commandsOf(scenario).flatMap((command) => batchOf(command) ?? []))
    const roots = Array.from({ length: scenario.runs }, (_, at) => `run-${at + 1}`)
    this.#witnesses = new Witnesses(roots, proposed, scenario.isSession === true)
  }

  async run(): Promise<Simulated> {
    this.#sendMail()
    this.#world.onStep = (process) => this.#onStep(process)
    this.#launch(false)
    const until = beginMillis + horizonMillis(this.#scenario)
    // What follows the first thing that is wrong tells nothing more, and may go on without end.
    const stop = await this.#world.runUntil(() => this.#isWrong || this.#isDone, until)
    if (stop !== "done") this.#complainOfHang(stop)
    else if (!this.#isWrong) await this.#checkEnd()
    const logs = await this.#readLogs()
    // Nobody needs what goes on still, and its handles on the store are about to be closed.
    for (const { process } of this.#engines) process.kill()
    const witnesses = [...this.#witnesses.all.values()]
    return {
      complaints: [...this.#complaints, ...witnesses.flatMap((witness) => witness.complaints)],
      witnesses: this.#witnesses.all,
      logs,
      struck: this.#struck
    }
  }

  get #isDone(): boolean {
    return (
      this.#engines.every((engine) => engine.isOver || engine.process.state === "dead") &&
      [...this.#witnesses.all.values()].every((witness) => witness.isEnded)
    )
  }

  get #isWrong(): boolean {
    return this.#complaints.length > 0 || [...this.#witnesses.all.values()].some((witness) => witness.isWrong)
  }

  #complain(rule: string, message: string): void {
    this.#complaints.push(`${rule}: ${message}`)
  }

  #launch(isRobber: boolean): void {
    const number = this.#engines.length
    const process = this.#world.process(`process-${number}`, this.#scenario.seed)
    const fault = this.#scenario.faults[number]
    const engine: SimulatedEngine = new SimulatedEngine({
      database: this.#database,
      process,
      scenario: this.#scenario,
      witnesses: this.#witnesses,
      fault,
      isRobber,
      number,
      settled: this.#settled,
      complain: (rule, message) => this.#complain(rule, message),
      onWrite: (when, write) => {
        if (fault?.when._tag === when && fault.when.write === write) this.#strike(engine)
      }
    })
    this.#engines.push(engine)
  }

  #onStep(process: VirtualProcess): void {
    process.steps++
    const engine = this.#engines.find((one) => one.process === process)
    const when = engine?.fault?.when
    if (when?._tag === "AtStep" && when.step === process.steps && engine !== undefined) this.#strike(engine)
  }

  /** Lets the fault of an engine strike, and another process go on. */
  #strike(engine: SimulatedEngine): void {
    const { fault, process } = engine
    if (fault === undefined || engine.isOver) return
    this.#struck.push(fault)
    switch (fault.kind) {
      case "killed":
        process.kill()
        break
      case "frozen":
        process.isOutOfTouch = true
        process.freeze()
        // Another process may watch the claim for a lease after it has tried in vain for as long.
        this.#later(this.#dice.between(24_000, 50_000), () => process.thaw())
        break
      case "closed":
        engine.close()
        break
      case "robbed":
        process.isOutOfTouch = true
        break
    }
    this.#later(this.#dice.between(1, 2000), () => this.#launch(fault.kind === "robbed"))
  }

  /** Lets something happen that no process does. */
  #later(afterMillis: number, happen: () => void): void {
    const nature = this.#world.process("nature", 0)
    this.#world.sleep(nature, this.#world.nowMillis + afterMillis, happen)
  }

  /** Puts the commands that come by mail into the store, as a process does that has no engine. */
  #sendMail(): void {
    for (const { atMillis, child, command, isRepeated, via } of this.#scenario.commands) {
      if (via !== "mail") continue
      const put = () => {
        for (const root of this.#witnesses.roots) {
          const witness = this.#addressee(root, child)
          const { id } = command
          if (witness === undefined || id === undefined || witness.log.length === 0 || witness.isEnded)
            continue
          witness.mail.set(id, this.#world.nowMillis)
          const mail = { id, atMillis: this.#world.nowMillis, command: JSON.stringify(command) }
          this.#database.putMail(witness.runId, mail)
        }
      }
      this.#later(atMillis, put)
      if (isRepeated) this.#later(atMillis + 15, put)
    }
  }

  /** Who gets a letter to a run, or to one of those below it. */
  #addressee(root: string, child: number | undefined): Witness | undefined {
    if (child === undefined) return this.#witnesses.get(root)
    const below = this.#witnesses.goingOnBelow(root)
    return below[child % Math.max(1, below.length)]
  }

  #complainOfHang(stop: Exclude<Stop, "done">): void {
    this.#complain("liveness", why[stop])
    for (const { isEnded, oracle, runId } of this.#witnesses.all.values()) {
      if (isEnded) continue
      const { model } = oracle
      const nodes = [...model.nodes.values()].filter((node) => !model.isEnded(node))
      const listed = nodes.map((node) => `${node.id} ${node.status}`).join(", ")
      this.#complain(
        "liveness",
        `${runId} does not end: ${listed}; owed ${[...model.owed.keys()].join(" ")}; paused ${model.isPaused}`
      )
    }
    for (const engine of this.#engines) {
      if (!engine.isOver && engine.process.state !== "dead")
        this.#complain("liveness", `${engine.process.name} does not end`)
    }
  }

  async #checkEnd(): Promise<void> {
    for (const witness of this.#witnesses.all.values()) {
      await this.#checkLog(witness)
      this.#checkOutputs(witness)
      await this.#checkMail(witness)
    }
  }

  /** The logs as the store has them. */
  async #readLogs(): Promise<string> {
    const logs: Array<ReadonlyArray<StoredEvent>> = []
    for (const { log, runId } of this.#witnesses.all.values()) {
      if (log.length > 0) logs.push(await this.#database.look((store) => store.read(runId, 0, eventsMax)))
    }
    return JSON.stringify(logs)
  }

  /** I1: the log folds into the state that the engine had, as often as one folds it. */
  async #checkLog(witness: Witness): Promise<void> {
    const { runId } = witness
    const state = Evolve.fold(runId, [])
    await this.#database.look((store) =>
      new RunStore(store).readAll(runId, 0, (envelope) => void Evolve.evolve(state, envelope))
    )
    const now = state.endedAtMillis ?? 0
    const folded = RunReport.make(state, now)
    if (!isDeepStrictEqual(folded, RunReport.make(witness.state, now)))
      witness.complain("log is truth", "the log folds into two states")
    for (const engine of this.#engines) {
      const report = engine.reports.get(runId)
      if (report?.endedAtMillis === undefined) continue
      if (!isDeepStrictEqual(report, folded))
        witness.complain("log is truth", `${engine.process.name} saw another end than its log tells`)
    }
  }

  /** What a node gave is what its action returned. */
  #checkOutputs(witness: Witness): void {
    const children = new Set(
      witness.log.flatMap(({ event }) =>
        event._tag === "SubFlowStarted" ? [`${event.nodeId}#${event.attempt}`] : []
      )
    )
    for (const { event } of witness.log) {
      // What an answer or a deadline gave is judged where the wait is.
      if (event._tag !== "NodeCompleted" || isGiven(witness, event)) continue
      // What the items of a list gave is judged item by item.
      if (witness.oracle.model.node(event.nodeId).items !== undefined) continue
      // So is what a child run gave, by the log of that run.
      if (children.has(`${event.nodeId}#${event.attempt}`)) continue
      const execution = witness.executions.get(`${event.nodeId}#${event.attempt}`)
      if (execution === undefined)
        witness.complain("write-ahead", `"${event.nodeId}" completed and never ran`)
      else if (execution.outputs?.sum !== event.outputs.sum) {
        witness.complain(
          "outputs",
          `"${event.nodeId}" gave ${JSON.stringify(execution.outputs)}, and the log has another sum`
        )
      }
    }
  }

  /** R2: mail that came in good time has been carried out or refused. */
  async #checkMail(witness: Witness): Promise<void> {
    const endedAt = witness.log.at(-1)?.at ?? 0
    const tookOver = witness.log.findLast(({ event }) => event._tag === "RunOwned")?.at ?? 0
    const waiting = await this.#database.look((store) => store.readMail(witness.runId, 1000))
    const left = new Set(waiting.map((mail) => mail.id))
    const millis = mailMillis + this.#database.newsMillis
    for (const [id, putAt] of witness.mail) {
      const isInTime = Math.max(putAt, tookOver) + millis < endedAt
      if (!isInTime) continue
      if (!witness.oracle.model.commands.has(id)) witness.complain("mailbox", `mail "${id}" was never read`)
      if (left.has(id)) witness.complain("mailbox", `mail "${id}" was settled, and lies there still`)
    }
  }
}

/** Runs a schedule from its beginning to the end of all its runs, on the memory store or another one. */
export const simulate = async (
  scenario: Scenario,
  make: MakeDatabase = memoryDatabase
): Promise<Simulated> => {
  const world = new VirtualWorld(scenario.seed, scenario.isShuffled)
  const database = await make(world, scenario)
  try {
    return await new Simulation(scenario, world, database).run()
  } finally {
    await database.close()
  }
}

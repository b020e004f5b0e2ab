/** Runs a schedule from its beginning to the end of all its runs, without real time. */
import { isDeepStrictEqual } from "node:util"
import { type Event, Evolve, Expression, RunReport } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { RunStore } from "../../src/index.ts"
import { batchOf } from "./oracle/hookRules.ts"
import { horizonMillis } from "./scenario/horizon.ts"
import { commandsOf, type Fault, type Scenario } from "./scenario/Scenario.ts"
import { SimulatedEngine, type Settled } from "./SimulatedEngine.ts"
import { Witness } from "./Witness.ts"
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

/** Mail that was put this long before a run's end has been read. */
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
  readonly #data = new MemoryStoreData()
  readonly #witnesses = new Map<string, Witness>()
  readonly #engines: Array<SimulatedEngine> = []
  readonly #settled: Settled = new Set()
  readonly #complaints: Array<string> = []
  readonly #struck: Array<Fault> = []
  readonly #dice: Dice

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#dice = new Dice(scenario.seed, "faults")
    this.#world = new VirtualWorld(scenario.seed, scenario.isShuffled)
    const proposed = new Set(commandsOf(scenario).flatMap((command) => batchOf(command) ?? []))
    for (let number = 1; number <= scenario.runs; number++) {
      const runId = `run-${number}`
      this.#witnesses.set(runId, new Witness(runId, proposed))
    }
  }

  async run(): Promise<Simulated> {
    this.#sendMail()
    this.#world.onStep = (process) => this.#onStep(process)
    this.#launch(false)
    const until = beginMillis + horizonMillis(this.#scenario)
    // What follows the first thing that is wrong tells nothing more, and may go on without end.
    const stop = await this.#world.runUntil(() => this.#isWrong || this.#isDone, until)
    if (stop !== "done") this.#complainOfHang(stop)
    else if (!this.#isWrong) this.#checkEnd()
    const witnesses = [...this.#witnesses.values()]
    return {
      complaints: [...this.#complaints, ...witnesses.flatMap((witness) => witness.complaints)],
      witnesses: this.#witnesses,
      logs: JSON.stringify([...this.#data.runs.values()].map((run) => run.events)),
      struck: this.#struck
    }
  }

  get #isDone(): boolean {
    return (
      this.#engines.every((engine) => engine.isOver || engine.process.state === "dead") &&
      [...this.#witnesses.values()].every((witness) => witness.isEnded)
    )
  }

  get #isWrong(): boolean {
    return this.#complaints.length > 0 || [...this.#witnesses.values()].some((witness) => witness.isWrong)
  }

  #complain(rule: string, message: string): void {
    this.#complaints.push(`${rule}: ${message}`)
  }

  #launch(isRobber: boolean): void {
    const number = this.#engines.length
    const process = this.#world.process(`process-${number}`, this.#scenario.seed)
    const fault = this.#scenario.faults[number]
    const engine: SimulatedEngine = new SimulatedEngine({
      data: this.#data,
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
    const store = MemoryStore.make(this.#data)
    for (const { atMillis, command, isRepeated, via } of this.#scenario.commands) {
      if (via !== "mail") continue
      const put = () => {
        for (const [runId, witness] of this.#witnesses) {
          const { id } = command
          if (id === undefined || witness.log.length === 0 || witness.isEnded) continue
          witness.mail.set(id, this.#world.nowMillis)
          const mail = { id, atMillis: this.#world.nowMillis, command: JSON.stringify(command) }
          Effect.runSync(store.putMail(runId, mail))
        }
      }
      this.#later(atMillis, put)
      if (isRepeated) this.#later(atMillis + 15, put)
    }
  }

  #complainOfHang(stop: Exclude<Stop, "done">): void {
    this.#complain("liveness", why[stop])
    for (const { isEnded, oracle, runId } of this.#witnesses.values()) {
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

  #checkEnd(): void {
    for (const witness of this.#witnesses.values()) {
      this.#checkLog(witness)
      this.#checkOutputs(witness)
      this.#checkMail(witness)
    }
  }

  /** I1: the log folds into the state that the engine had, as often as one folds it. */
  #checkLog(witness: Witness): void {
    const { runId } = witness
    const state = Evolve.fold(runId, [])
    const store = new RunStore(MemoryStore.make(this.#data))
    Effect.runSync(store.readAll(runId, 0, (envelope) => void Evolve.evolve(state, envelope)))
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
    for (const { event } of witness.log) {
      // What an answer or a deadline gave is judged where the wait is.
      if (event._tag !== "NodeCompleted" || isGiven(witness, event)) continue
      // What the items of a list gave is judged item by item.
      if (witness.oracle.model.node(event.nodeId).items !== undefined) continue
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
  #checkMail(witness: Witness): void {
    const endedAt = witness.log.at(-1)?.at ?? 0
    const tookOver = witness.log.findLast(({ event }) => event._tag === "RunOwned")?.at ?? 0
    for (const [id, putAt] of witness.mail) {
      const isInTime = Math.max(putAt, tookOver) + mailMillis < endedAt
      if (!isInTime) continue
      if (!witness.oracle.model.commands.has(id)) witness.complain("mailbox", `mail "${id}" was never read`)
      const isLeft = this.#data.runs.get(witness.runId)?.mail.has(id) === true
      if (isLeft) witness.complain("mailbox", `mail "${id}" was settled, and lies there still`)
    }
  }
}

/** Runs a schedule from its beginning to the end of all its runs. */
export const simulate = (scenario: Scenario): Promise<Simulated> => new Simulation(scenario).run()

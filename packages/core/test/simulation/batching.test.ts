/**
 * A turn is a left fold. Whether messages are taken in together or one after the other moves the boundaries of appends,
 * never the order of events.
 */
import { type Command, type NodeSpec, StoreDriver } from "@dagflow/protocol"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import {
  Action,
  type ActionContext,
  Actions,
  DagFlow,
  type Hook,
  Hooks,
  type RunHandle
} from "../../src/index.ts"
import { RandomCommands } from "./scenario/RandomCommands.ts"
import { RandomNodes } from "./scenario/RandomNodes.ts"
import { isWhole, seedsFrom } from "./seeds.ts"
import { Dice } from "./world/Dice.ts"
import { VirtualWorld } from "./world/VirtualWorld.ts"

class Refused extends Error {
  readonly _tag = "Refused"
  // Where the test made it is no part of what is compared.
  override readonly stack = ""
}

/** Retries, time-outs and inputs that lead nowhere would bring messages of their own. */
const quiet = <N extends NodeSpec.NodeDraft>(node: N) => {
  const { inputs: _, retry: __, timeoutMillis: ___, ...rest } = node
  return rest
}

const quietIn = (command: Command.Command): Command.Command => {
  if (command._tag === "AddNode") return { ...command, node: quiet(command.node) }
  return command._tag === "AddNodes" ? { ...command, nodes: command.nodes.map(quiet) } : command
}

/** A run whose attempts end when, and as, the test says. */
class Play {
  readonly data = new MemoryStoreData()
  /** Appends so far. */
  appends = 0
  readonly #world: VirtualWorld
  readonly #process
  /** Attempts that wait for the test, in the order of their starts. */
  readonly #open = new Map<string, (effect: Effect.Effect<object, Error>) => void>()
  #handle: RunHandle.RunHandle | undefined
  readonly #dice: Dice
  readonly #commands: RandomCommands
  /** Answers of hooks that wait for the test, in the order in which they were asked for. */
  readonly #owed = new Map<string, (answer: Effect.Effect<ReadonlyArray<Command.Command>, Error>) => void>()
  #grown = 0
  /** How often answers of several hooks, or of one to several events, came together. */
  answeredTogether = 0

  constructor(seed: number, hasHooks: boolean) {
    this.#world = new VirtualWorld(seed, false)
    this.#process = this.#world.process("engine", seed)
    this.#dice = new Dice(seed, "play")
    const nodes = new RandomNodes(new Dice(seed, "nodes"), "calm")
    const flow = {
      name: "played",
      config: { maxParallel: 5, onFailure: "continue" as const },
      nodes: nodes.flow(this.#dice.between(4, 16)).map(quiet)
    }
    this.#commands = new RandomCommands(new Dice(seed, "commands"), nodes)
    const perform = (_: object, { attempt, nodeId }: ActionContext.ActionContext) =>
      Effect.callback<object, Error>((resume) => void this.#open.set(`${nodeId} ${attempt}`, resume))
    const actions = ["work", "toil", "rescue"].map((name) => Action.fn(name, perform as never))
    const ask = (name: string): Hook.Any<never> => ({
      name,
      on: ["NodeCompleted", "NodeFailed"],
      handle: ({ sequence }) =>
        Effect.callback<ReadonlyArray<Command.Command>, Error>(
          (resume) => void this.#owed.set(`${name} ${sequence}`, resume)
        ) as never
    })
    const hooks = Hooks.layer(...(hasHooks ? [ask("first"), ask("second")] : []))
    const real = MemoryStore.make(this.data)
    const append: typeof real.append = (request) =>
      Effect.tap(real.append(request), () => Effect.sync(() => void this.appends++))
    const store = Layer.succeed(StoreDriver, { ...real, append })
    const engine = DagFlow.layer({ owner: "test" }).pipe(
      Layer.provide([store, hooks, Actions.layer(...actions)])
    )
    const main = Effect.gen({ self: this }, function* () {
      this.#handle = yield* (yield* DagFlow).start(flow, { id: "played", seed })
      return yield* this.#handle.outcome
    })
    this.#process.fork(Effect.provide(main, engine))
    this.#rest()
  }

  /** Lets everything happen that happens without time passing. */
  #rest(): void {
    while (this.#world.step());
  }

  /** Brings messages to the run; with `apart`, each of them has its effects before the next one comes. */
  bring(apart: boolean): void {
    const dice = this.#dice
    const open = [...this.#open.keys()]
    const ending = dice.some(open, 0.6)
    const order = (ending.length === 0 ? open.slice(0, 1) : [...ending]).sort(() => dice.next() - 0.5)
    const messages = order.map((key) => {
      const resume = this.#open.get(key)
      this.#open.delete(key)
      const end = dice.chance(0.7) ? Effect.succeed({ sum: key.length }) : Effect.fail(new Refused("no"))
      return () => resume?.(end)
    })
    messages.push(...this.#answers())
    if (dice.chance(0.4)) {
      const command = quietIn(this.#commands.growth(undefined))
      const send = Effect.suspend(() => this.#handle?.send(command) ?? Effect.void)
      messages.splice(dice.between(0, messages.length), 0, () => void this.#process.fork(Effect.ignore(send)))
    }
    for (const message of messages) {
      message()
      if (apart) this.#rest()
    }
    this.#rest()
  }

  /** Answers of hooks, in any order: with nodes to add, without, or a failure. */
  #answers(): ReadonlyArray<() => void> {
    const dice = this.#dice
    // In which order hooks are asked about several events is theirs: those that are open are the same.
    const keys = dice.some([...this.#owed.keys()].sort(), 0.7)
    if (keys.length > 1) this.answeredTogether++
    return [...keys]
      .sort(() => dice.next() - 0.5)
      .map((key) => {
        const resume = this.#owed.get(key)
        this.#owed.delete(key)
        const commands =
          this.#grown++ < 8 && dice.chance(0.3) ? [quietIn(this.#commands.growth(undefined))] : []
        const answer = dice.chance(0.9) ? Effect.succeed(commands) : Effect.fail(new Refused("no"))
        return () => resume?.(answer)
      })
  }

  get isOver(): boolean {
    return this.#open.size + this.#owed.size === 0
  }

  get log(): string {
    return JSON.stringify(this.data.runs.get("played")?.events, undefined, 1)
  }
}

const play = (seed: number, apart: boolean, hasHooks = false): Play => {
  const run = new Play(seed, hasHooks)
  for (let round = 0; round < 100 && !run.isOver; round++) run.bring(apart)
  return run
}

describe("R7: messages that are taken in together", () => {
  it("leave the same events in the same order as one after the other", () => {
    let saved = 0
    const seeds = seedsFrom(0, 150)
    for (const seed of seeds) {
      const apart = play(seed, true)
      const together = play(seed, false)
      expect(together.log, `seed ${seed}`).toBe(apart.log)
      saved += apart.appends - together.appends
    }
    // Otherwise nothing would have been taken in together.
    expect(saved).toBeGreaterThan(seeds.length)
  })
  it("do so where they are answers of hooks, with commands or without, to several events", () => {
    let together = 0
    let refused = 0
    for (const seed of seedsFrom(500, 60)) {
      const apart = play(seed, true, true)
      const atOnce = play(seed, false, true)
      expect(atOnce.log, `seed ${seed}`).toBe(apart.log)
      together += atOnce.answeredTogether
      refused += atOnce.log.split("HookFailed").length - 1
    }
    expect(together).toBeGreaterThan(isWhole ? 60 : 0)
    expect(refused).toBeGreaterThan(0)
  })
})

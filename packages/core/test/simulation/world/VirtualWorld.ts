/**
 * A world without real time: processes whose fibers run one task after the other in an order that a seed decides, and a
 * clock that jumps to the next thing that is due once nobody has anything to do.
 *
 * A process can be killed between any two tasks, as by SIGKILL: nothing of it runs any more, finalisers included. It can
 * also be frozen and thawed again, as by a garbage collection that takes minutes. Processes meet only in what the test
 * gives to several of them, such as the data of a store.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"
import { Dice } from "./Dice.ts"
import { VirtualProcess } from "./VirtualProcess.ts"

interface Task {
  readonly run: () => void
  readonly priority: number
}

/** The tasks of one fiber and its children, which run in their order. */
class Queue {
  readonly process: VirtualProcess
  readonly tasks: Array<Task> = []

  constructor(process: VirtualProcess) {
    this.process = process
  }
}

interface Sleep {
  readonly process: VirtualProcess
  readonly atMillis: number
  readonly wake: () => void
}

/**
 * Tasks that may run in all, and without any time passing. A thousand schedules need less than a tenth of that, unless each try of
 * some node is a run of its own; whoever needs more goes round in circles.
 */
const stepsMax = 100_000
const stepsAtOnceMax = 500

/** How many times as many tasks there may be where processes ask a real store, which does much in many steps and polls. */
const realFactor = 20

/** How long nothing happens, in real milliseconds, until time goes on where somebody outside may have to be waited for. */
const quietMillis = 500

/** How long somebody outside may take, in real milliseconds, before it counts as an answer that never comes. */
const patienceMillis = 60_000

/** Why a world stopped: all is done, nobody has anything to do, the time is over, or there was no end to the tasks. */
export type Stop = "done" | "idle" | "late" | "restless"

const promisesSettled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** When the simulated world begins, in milliseconds since 1970. */
export const beginMillis = 1_000_000

/** A world without real time. */
export class VirtualWorld {
  nowMillis = beginMillis
  readonly #dice: Dice
  readonly #isShuffled: boolean
  #ready: Array<Queue> = []
  #sleeps: Array<Sleep> = []
  /** Called before each task with the process that runs it; it may kill or freeze that process. */
  onStep: (process: VirtualProcess) => void = () => undefined
  /**
   * Waits for what somebody outside of this world was asked, and hands out the answers; says whether there was anything. Time
   * stands still meanwhile. Left out: nobody outside is ever asked.
   */
  settle: (() => Promise<boolean>) | undefined

  /** `isShuffled`: which process's fiber goes on is chance, otherwise whoever was ready first. */
  constructor(seed: number, isShuffled: boolean) {
    this.#dice = new Dice(seed, "scheduler")
    this.#isShuffled = isShuffled
  }

  process(name: string, seed: number): VirtualProcess {
    return new VirtualProcess(this, name, new Dice(seed, `random of ${name}`))
  }

  /** The queue of a fiber of a process. */
  dispatcher(process: VirtualProcess): Scheduler.SchedulerDispatcher {
    const queue = new Queue(process)
    return {
      scheduleTask: (run, priority) => this.#schedule(queue, { run, priority }),
      flush: () => {
        for (let task = queue.tasks.shift(); task !== undefined; task = queue.tasks.shift()) task.run()
      }
    }
  }

  #schedule(queue: Queue, task: Task): void {
    const { tasks } = queue
    if (tasks.length === 0) this.#ready.push(queue)
    const at = tasks.findIndex((other) => other.priority > task.priority)
    if (at < 0) tasks.push(task)
    else tasks.splice(at, 0, task)
  }

  /**
   * Lets a process be woken at a time; answers how to take that back. The clock shows whole milliseconds, as real ones do:
   * otherwise whoever sleeps for the rest of a time could wake up just before it, again and again.
   */
  sleep(process: VirtualProcess, wakeAtMillis: number, wake: () => void): () => void {
    const atMillis = Math.ceil(wakeAtMillis)
    const sleep: Sleep = { process, atMillis, wake }
    const at = this.#sleeps.findIndex((other) => other.atMillis > atMillis)
    if (at < 0) this.#sleeps.push(sleep)
    else this.#sleeps.splice(at, 0, sleep)
    return () => {
      const place = this.#sleeps.indexOf(sleep)
      if (place >= 0) this.#sleeps.splice(place, 1)
    }
  }

  /** Runs one task of a living process, or answers false when none has any. */
  step(): boolean {
    this.#ready = this.#ready.filter((queue) => queue.tasks.length > 0 && queue.process.state !== "dead")
    const ready = this.#ready.filter((queue) => queue.process.state === "live")
    const queue = this.#isShuffled && ready.length > 1 ? this.#dice.pick(ready) : ready[0]
    if (queue === undefined) return false
    this.onStep(queue.process)
    if (queue.process.state !== "live") return true
    const task = queue.tasks.shift()
    task?.run()
    // Whoever has more to do stands in line behind the others.
    this.#ready.splice(this.#ready.indexOf(queue), 1)
    if (queue.tasks.length > 0 && !this.#ready.includes(queue)) this.#ready.push(queue)
    return true
  }

  /** Jumps to the next time at which a living process is to be woken, or answers false when there is none. */
  advance(): boolean {
    this.#sleeps = this.#sleeps.filter((sleep) => sleep.process.state !== "dead")
    const next = this.#sleeps.find((sleep) => sleep.process.state === "live")
    if (next === undefined) return false
    this.nowMillis = Math.max(this.nowMillis, next.atMillis)
    const due = this.#sleeps.filter(
      (sleep) => sleep.process.state === "live" && sleep.atMillis <= this.nowMillis
    )
    this.#sleeps = this.#sleeps.filter((sleep) => !due.includes(sleep))
    for (const { process, wake } of due) process.soon(wake)
    return true
  }

  /**
   * Lets everything happen until a condition holds or nothing can happen any more; answers why it stopped. Promises settle
   * once nobody has any other task, and before time goes on.
   */
  async runUntil(isDone: () => boolean, untilMillis: number): Promise<Stop> {
    let since = 0
    const factor = this.settle === undefined ? 1 : realFactor
    for (let steps = 0; steps < factor * stepsMax && steps - since < factor * stepsAtOnceMax; steps++) {
      if (isDone()) return "done"
      if (this.step()) continue
      await promisesSettled()
      if (this.step()) continue
      if ((await this.settle?.()) === true) continue
      const { nowMillis } = this
      if (!this.advance()) return isDone() ? "done" : "idle"
      if (this.nowMillis > untilMillis) return isDone() ? "done" : "late"
      if (this.nowMillis > nowMillis) since = steps
    }
    return "restless"
  }

  /**
   * Lets everything happen until a fiber has ended, and answers what it gave. Not all that a store waits for while it is opened and
   * closed can be seen from here, so time goes on only when nothing has happened for a while.
   */
  async finish<A>(fiber: Fiber.Fiber<A, unknown>): Promise<A> {
    const begin = performance.now()
    let quietSince = begin
    for (;;) {
      const exit = fiber.pollUnsafe()
      if (exit !== undefined)
        return Exit.isSuccess(exit) ? exit.value : Promise.reject(Cause.squash(exit.cause) as Error)
      const isBusy = this.step() || (await this.settle?.()) === true
      const now = performance.now()
      if (isBusy) quietSince = now
      else if (now - quietSince > quietMillis) {
        this.advance()
        quietSince = now
      }
      if (now - begin > patienceMillis) throw new Error("nobody answers, and nothing else happens")
      if (!isBusy) await promisesSettled()
    }
  }
}

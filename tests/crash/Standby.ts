/** Processes that have loaded everything and wait, so that whoever kills one can go on with the next at once. */
import { bundledProcess } from "./bundleProcess.ts"
import { CrashProcess } from "./CrashProcess.ts"

/** Processes that wait. */
export class Standby {
  readonly #idle: Array<CrashProcess> = []
  readonly #all = new Set<CrashProcess>()
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  /** Takes a process; when too few are left, others are started meanwhile. */
  async take(): Promise<CrashProcess> {
    const program = await bundledProcess()
    const process = this.#idle.shift() ?? this.#start(program)
    while (this.#idle.length < this.#size) this.#idle.push(this.#start(program))
    await process.ready
    return process
  }

  /** Takes a process back that has done its work and lives; it is the next one to be taken. */
  giveBack(process: CrashProcess): void {
    this.#idle.unshift(process)
  }

  /** Ends all processes, and waits until they are gone. */
  async close(): Promise<void> {
    for (const process of this.#all) process.kill()
    await Promise.all([...this.#all].map((process) => process.gone))
  }

  #start(program: string): CrashProcess {
    const process = new CrashProcess(program)
    this.#all.add(process)
    void process.gone.then(() => this.#all.delete(process))
    return process
  }
}

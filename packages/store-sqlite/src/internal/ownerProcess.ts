/**
 * Who owns a run, as the machine knows it: so that a process which starts right after another one was killed need not
 * wait for the end of the dead one's lease. See ADR-0005.
 *
 * The rule errs on one side only. A process counts as dead when this machine says so beyond doubt; in any other case,
 * and on any other machine, the lease decides.
 */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import * as Result from "effect/Result"

/** A process, told apart from every other one that ever had its number. */
export interface OwnerProcess {
  /** The machine since it was started, and the namespace in which numbers of processes mean something. */
  readonly host: string
  readonly pid: number
  /** When it started, in the words of the operating system, or `undefined` where that cannot be read. */
  readonly startedAt: string | undefined
}

/** What some file of the operating system says; many systems do not have it, and processes come and go. */
const look = (read: () => string): string | undefined => Result.getOrUndefined(Result.try(read))

interface ProcessStatus {
  /** One letter: `Z` and `X` are a process that ended and that nobody has asked about yet. */
  readonly letter: string
  readonly startedAt: string
}

/** Reads `/proc/<pid>/stat`: number, name in parentheses (it may hold any character), letter … start time as 22nd. */
const statusOf = (pid: number): ProcessStatus | undefined => {
  const line = look(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  if (line === undefined) return undefined
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ")
  const [letter, startedAt] = [fields[0], fields[19]]
  return letter === undefined || startedAt === undefined ? undefined : { letter, startedAt }
}

const hostOf = (): string =>
  [
    hostname(),
    // Start times count from the start of the machine, so they say nothing about an earlier one.
    look(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    // Two containers may share a name and a file, and yet each of them has a process 1.
    look(() => readlinkSync("/proc/self/ns/pid"))
  ]
    .filter((part) => part !== undefined)
    .join(" ")

/** This process. */
export const currentProcess = (): OwnerProcess => ({
  host: hostOf(),
  pid: process.pid,
  startedAt: statusOf(process.pid)?.startedAt
})

/** Whether a process of this number exists. One of another user does, and it may not be asked more than that. */
const exists = (pid: number): boolean =>
  Result.match(
    Result.try(() => process.kill(pid, 0)),
    {
      onSuccess: () => true,
      onFailure: (error) => !(error instanceof Error && "code" in error && error.code === "ESRCH")
    }
  )

/** Whether `owner` is known to be dead, asked by a process of the same machine or another one. */
export const isKnownDead = (owner: OwnerProcess, asking: OwnerProcess): boolean => {
  if (owner.host !== asking.host) return false
  if (!exists(owner.pid)) return true
  const status = statusOf(owner.pid)
  if (status === undefined) return false
  if (status.letter === "Z" || status.letter === "X") return true
  return owner.startedAt !== undefined && owner.startedAt !== status.startedAt
}

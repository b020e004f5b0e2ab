/**
 * Which process made a claim, so that another one on the same machine can see that it is dead and need not wait for its
 * lease to run out.
 */
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

const attempt = (read: () => string): string => {
  try {
    return read()
  } catch {
    // The file exists on Linux only; elsewhere the host name and the process id have to do.
    return ""
  }
}

/** When a process started, in clock ticks since the machine did, so that a reused process id is told apart. */
const startOf = (pid: number): string =>
  attempt(
    () =>
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[19] ?? ""
  )

/** The machine since its last start, and the part of it in which process ids mean the same. */
const machine = [
  hostname(),
  attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
  attempt(() => readlinkSync("/proc/self/ns/pid"))
].join("|")

/** This process, as a claim records it. */
export const thisProcess: string = JSON.stringify([machine, process.pid, startOf(process.pid)])

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // A process of another user exists although it cannot be signalled.
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Whether a process is known to be dead. One of another machine never is: only its lease can tell. */
export const isKnownDead = (recorded: string | null): boolean => {
  if (recorded === null) return false
  const [where, pid, start] = JSON.parse(recorded) as readonly [string, number, string]
  if (where !== machine) return false
  return !exists(pid) || (start !== "" && startOf(pid) !== start)
}

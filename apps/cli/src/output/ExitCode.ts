/** What the exit code of `dagflow` says. The numbers are part of the command's interface and do not change. */

/** The exit codes by what they mean. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  invalid: 3,
  parked: 4,
  cancelled: 5,
  notFound: 6,
  store: 7,
  conflict: 8,
  limit: 9,
  internal: 70,
  timedOut: 124,
  interrupted: 130,
  terminated: 143
} as const

/** One of the exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** All exit codes with their meaning, in rising order. */
export const exitCodes: ReadonlyArray<{ readonly code: ExitCode; readonly meaning: string }> = [
  { code: ExitCode.ok, meaning: "what was asked for is done; a run completed" },
  { code: ExitCode.failed, meaning: "the run failed, a store failed a case, or runs differ" },
  { code: ExitCode.usage, meaning: "the command line is wrong: an unknown flag, a missing argument" },
  {
    code: ExitCode.invalid,
    meaning: "the definition, the configuration or an input is invalid, or Node is too old"
  },
  { code: ExitCode.parked, meaning: "the run waits for somebody, or is paused" },
  { code: ExitCode.cancelled, meaning: "the run was cancelled" },
  { code: ExitCode.notFound, meaning: "there is no such file, run or node" },
  { code: ExitCode.store, meaning: "the store cannot be opened, read or written" },
  { code: ExitCode.conflict, meaning: "another process owns the run, or the run refused the command" },
  { code: ExitCode.limit, meaning: "a limit was hit: nodes, growth, budget or size" },
  {
    code: ExitCode.internal,
    meaning: "a defect of dagflow, or of code that it runs; the message says what to do"
  },
  { code: ExitCode.timedOut, meaning: "--timeout was over; the run is parked and can be resumed" },
  { code: ExitCode.interrupted, meaning: "Ctrl-C (SIGINT); the run is parked and can be resumed" },
  { code: ExitCode.terminated, meaning: "SIGTERM; the run is parked and can be resumed" }
]

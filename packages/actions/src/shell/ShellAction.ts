/** A command of the system, as a node. */
import path from "node:path"
import { Action, type ActionContext } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseJson } from "../text/parseJson.ts"
import * as BoundedOutput from "./boundedOutput.ts"
import * as ChildProcess from "./childProcess.ts"
import { ShellError, type ShellReason } from "./ShellError.ts"

/** Most bytes kept of each output when the node does not say otherwise: 1 MiB. */
export const bytesMaxDefault = 1_048_576

/** Variables of this process that commands see unless others are allowed: where programs, folders and the user are. */
export const environmentDefault: ReadonlyArray<string> = [
  "HOME",
  "LANG",
  "LC_ALL",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TMPDIR",
  "TZ",
  "USER",
  "COMSPEC",
  "PATHEXT",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERPROFILE"
]

const ExitCode = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 255 })))

/** What the action takes. */
export const Input = Schema.Struct({
  command: Schema.String.pipe(Schema.check(Schema.isMinLength(1))).annotate({
    description: "The program to run; with `shell`, a line for the shell."
  }),
  args: Schema.optionalKey(
    Schema.Array(Schema.String).annotate({
      description: "The program's arguments, each passed as it is; with `shell`, its $1, $2 and so on."
    })
  ),
  shell: Schema.optionalKey(
    Schema.Boolean.annotate({
      description:
        "Whether the command is a line for the system's shell, with its pipes and variables; default false."
    })
  ),
  folder: Schema.optionalKey(
    Schema.String.annotate({
      description: "Working folder, relative to the folder of the action or absolute."
    })
  ),
  environment: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.String).annotate({
      description: "Variables that the command sees besides the allowed ones of this process."
    })
  ),
  stdin: Schema.optionalKey(
    Schema.String.annotate({ description: "What the command reads; default nothing." })
  ),
  parse: Schema.optionalKey(
    Schema.Literals(["text", "json"]).annotate({
      description: "How `stdout` is given: as text (default), or as the value of its JSON."
    })
  ),
  expectExitCode: Schema.optionalKey(
    Schema.Union([ExitCode, Schema.Array(ExitCode)]).annotate({
      description: "The exit codes that mean success; default 0."
    })
  ),
  bytesMax: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 268_435_456 }))).annotate({
      description: "How much of each output is kept, up to 256 MiB; default 1 MiB. `isCut` tells of more."
    })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  exitCode: Schema.Int.annotate({ description: "The exit code." }),
  stdout: Schema.Json.annotate({ description: "What it printed: a text, or the value of the JSON." }),
  stderr: Schema.String.annotate({ description: "What it printed as error output." }),
  isCut: Schema.Boolean.annotate({ description: "Whether it printed more than was kept." })
})

/** How the action is set up. */
export interface ShellOptions {
  /** Folder that `folder` of a node is relative to; default: the working folder of the process when the action is made. */
  readonly folder?: string
  /** Names of the variables of this process that commands see; default: `environmentDefault`, which holds no secrets. */
  readonly environment?: ReadonlyArray<string>
}

/**
 * Makes the action `shell`, which runs a program and gives what it printed. Arguments reach the program as they are,
 * without a shell, unless the node asks for one. Lines of error output go to the run's log. An interrupted attempt ends
 * the program and all of its descendants: politely, and by force after two seconds.
 *
 * **Gotchas**
 * Whoever writes a flow can run anything as the user of this process. `StandardActions` leaves the action out unless
 * `allowShell` is set.
 *
 * **Failures**
 * - `ShellError` with `UnexpectedExit` or `Killed` (retryable), `NotStarted` or `MalformedOutput`.
 */
export const make = (options: ShellOptions = {}) => {
  const base = path.resolve(options.folder ?? process.cwd())
  const allowed = new Set((options.environment ?? environmentDefault).map(normal))
  return Action.make("shell", {
    version: "1",
    description: "Runs a program and gives what it printed.",
    input: Input,
    output: Output,
    run: (input, context) => execute(input, context, base, allowed)
  })
}

// -- internal -------------------------------------------------------------------------------------------------------

const isWindows = process.platform === "win32"

/** Names of variables differ by their case, save on Windows. */
const normal = (name: string): string => (isWindows ? name.toUpperCase() : name)

const execute = Effect.fnUntraced(function* (
  input: typeof Input.Type,
  context: ActionContext.ActionContext,
  base: string,
  allowed: ReadonlySet<string>
) {
  const { bytesMax = bytesMaxDefault, expectExitCode = 0 } = input
  const fail = (reason: ShellReason) => new ShellError({ reason, command: input.command })
  const stdout = BoundedOutput.first(bytesMax)
  const stderr = BoundedOutput.first(bytesMax)
  if (isWindows && input.shell === true && input.args !== undefined) {
    return yield* fail({ _tag: "NotStarted", code: "its shell has no safe way to pass arguments on Windows" })
  }
  const ended = yield* ChildProcess.run({
    ...programOf(input),
    folder: path.resolve(base, input.folder ?? ""),
    environment: { ...inherited(allowed), ...input.environment },
    stdin: input.stdin,
    onStdout: stdout.add,
    onStderr: both(stderr.add, logLines(context))
  }).pipe(Effect.mapError(({ code }) => fail({ _tag: "NotStarted", code })))
  const tail = stderr.text().trim().slice(-2000)
  if (ended.exitCode === undefined) {
    return yield* fail({ _tag: "Killed", signal: ended.signal ?? "an unknown signal", stderr: tail })
  }
  const expected = typeof expectExitCode === "number" ? [expectExitCode] : expectExitCode
  if (!expected.includes(ended.exitCode)) {
    return yield* fail({ _tag: "UnexpectedExit", exitCode: ended.exitCode, stderr: tail })
  }
  const text = stdout.text()
  const value =
    input.parse === "json"
      ? yield* Effect.mapError(parseJson(text), (message) => fail({ _tag: "MalformedOutput", message }))
      : text
  const isCut = stdout.isCut() || stderr.isCut()
  return { exitCode: ended.exitCode, stdout: value, stderr: stderr.text(), isCut }
})

/** What is started: the program itself, or the shell with the line as its script. */
const programOf = ({ args = [], command, shell }: typeof Input.Type) => {
  if (shell !== true) return { file: command, args, isQuoted: false }
  if (!isWindows) return { file: "/bin/sh", args: ["-c", command, "sh", ...args], isQuoted: false }
  return {
    file: process.env["COMSPEC"] ?? "cmd.exe",
    args: ["/d", "/s", "/c", `"${command}"`],
    isQuoted: true
  }
}

const inherited = (allowed: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && allowed.has(normal(entry[0]))
    )
  )

const both =
  (one: (chunk: Uint8Array) => void, other: (chunk: Uint8Array) => void) =>
  (chunk: Uint8Array): void => {
    one(chunk)
    other(chunk)
  }

/** Logs whole lines as they are printed; a line without an end is logged in parts, so that nothing piles up. */
const logLines = (context: ActionContext.ActionContext): ((chunk: Uint8Array) => void) => {
  const decoder = new TextDecoder()
  let rest = ""
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
    rest = lines.pop() ?? ""
    if (rest.length > 2000) lines.push(rest.slice(0, 2000))
    if (rest.length > 2000) rest = ""
    for (const line of lines) if (line !== "") context.log(line.slice(0, 2000))
  }
}

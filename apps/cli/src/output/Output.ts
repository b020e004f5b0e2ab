/**
 * Where everything goes that a command prints: the answer to standard output, progress, notes and errors to standard
 * error. Whatever is printed passes the redactor first.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Capabilities, detect, type ProgressChoice } from "./Capabilities.ts"
import { OutputClosed } from "./CliFailure.ts"
import * as Glyphs from "./Glyphs.ts"
import * as Redactor from "./Redactor.ts"
import * as Style from "./Style.ts"

/** What the command line says about output. */
export interface OutputOptions {
  readonly json: boolean
  readonly color?: "auto" | "always" | "never" | undefined
  readonly progress?: ProgressChoice | undefined
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** Where everything goes that a command prints. */
export interface OutputShape {
  readonly capabilities: Capabilities
  /** The answer is JSON, and so are errors. */
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly glyphs: Glyphs.Glyphs
  /** Colours of standard output and of standard error. */
  readonly styleOut: Style.Style
  readonly styleErr: Style.Style
  readonly redactor: Redactor.Redactor
  /** Width of the terminal, or 80. */
  readonly columns: () => number
  /** Prints lines to standard output and waits until they are taken. */
  readonly print: (text: string) => Effect.Effect<void, OutputClosed>
  /** Prints a JSON document on one line to standard output. */
  readonly printJson: (document: object) => Effect.Effect<void, OutputClosed>
  /** Prints JSON documents, one on each line, in one write. */
  readonly printLines: (documents: ReadonlyArray<object>) => Effect.Effect<void, OutputClosed>
  /** Prints lines to standard error. */
  readonly note: (text: string) => Effect.Effect<void>
}

/** Where everything goes that a command prints. */
export class Output extends Context.Service<Output, OutputShape>()("@dagflow/cli/Output") {}

const sizeOf = (stream: NodeJS.WriteStream) => ({ isTTY: stream.isTTY === true, rows: stream.rows })

/** Writes a text to a stream and waits until it is taken, so that a large output never fills the memory. */
const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void, OutputClosed> =>
  Effect.callback((resume) => {
    stream.write(text, (error) => resume(error ? Effect.fail(new OutputClosed()) : Effect.void))
  })

/** Makes the output of this process. */
export const make = (options: OutputOptions, env: NodeJS.ProcessEnv = process.env): OutputShape => {
  const { stderr, stdout } = process
  // Without a listener, a reader that goes away (`| head`) would end the process with a stack; `write` reports it.
  for (const stream of [stdout, stderr]) if (stream.listenerCount("error") === 0) stream.on("error", () => {})
  const capabilities = detect({
    env,
    platform: process.platform,
    stdout: sizeOf(stdout),
    stderr: sizeOf(stderr),
    color: options.color,
    progress: options.progress
  })
  const redactor = Redactor.make(env)
  const printLines = (documents: ReadonlyArray<object>) =>
    write(stdout, documents.map((document) => `${JSON.stringify(redactor.json(document))}\n`).join(""))
  return {
    capabilities,
    json: options.json || capabilities.progress === "json",
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    glyphs: capabilities.unicode ? Glyphs.unicode : Glyphs.ascii,
    styleOut: capabilities.colorOut ? Style.colored : Style.plain,
    styleErr: capabilities.colorErr ? Style.colored : Style.plain,
    redactor,
    columns: () => stdout.columns ?? stderr.columns ?? 80,
    print: (text) => write(stdout, `${redactor.text(text)}\n`),
    printJson: (document) => printLines([document]),
    printLines,
    // What cannot be told any more is not worth failing for.
    note: (text) => Effect.ignore(write(stderr, `${redactor.text(text)}\n`))
  }
}

/** The exit code that the command has settled on. */
import * as Context from "effect/Context"
import { ExitCode } from "../output/ExitCode.ts"

/** The exit code that the command has settled on. */
export class ExitStatus extends Context.Service<ExitStatus, { code: ExitCode }>()(
  "@dagflow/cli/ExitStatus"
) {}

/** The status of a command that has not settled on another one. */
export const make = (): ExitStatus["Service"] => ({ code: ExitCode.ok })

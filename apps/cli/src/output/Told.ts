/** Something that went wrong, ready to be printed in words or as JSON. */
import type { ErrorDocument } from "./Documents.ts"
import type { ExitCode } from "./ExitCode.ts"

/** Something that went wrong, ready to be printed. */
export interface Told {
  readonly exit: ExitCode
  readonly text: string
  readonly document: Omit<typeof ErrorDocument.Type, "schema" | "exit">
}

import type { ReadOutput } from "./readOutput.ts"
import * as Secrets from "./Secrets.ts"

/** An output without the values of secrets. */
export const scrubbedOutput = (output: ReadOutput, secrets: Secrets.Secrets): ReadOutput => {
  const { metadata, outputs, updates } = output
  return {
    ...output,
    outputs: Secrets.scrub(outputs, secrets),
    metadata: metadata && Secrets.scrub(metadata, secrets),
    updates: updates && Secrets.scrub(updates, secrets)
  }
}

/** The trace that the command was started in. */

/** What the variable `TRACEPARENT` says, which a program sets that starts others in a trace of its own. */
export const incoming = (): { readonly traceparent?: string } => {
  const traceparent = process.env["TRACEPARENT"]
  return traceparent === undefined ? {} : { traceparent }
}

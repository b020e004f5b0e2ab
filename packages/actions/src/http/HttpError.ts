/** Why an HTTP request did not succeed. */
import * as Schema from "effect/Schema"

/** What was wrong with a request or its answer. */
export const HttpReason = Schema.Union([
  /** The request cannot be sent as it is: its address or a header is malformed. */
  Schema.TaggedStruct("InvalidRequest", { message: Schema.String }),
  /** No answer: the address has no server, the connection broke, the certificate is not trusted. */
  Schema.TaggedStruct("ConnectionFailed", { message: Schema.String }),
  /** The server answered with another status than expected. `body`: the first 500 characters of its answer. */
  Schema.TaggedStruct("UnexpectedStatus", {
    status: Schema.Int,
    statusText: Schema.String,
    body: Schema.String
  }),
  /** The body is not the JSON that it should be. */
  Schema.TaggedStruct("MalformedBody", { message: Schema.String }),
  Schema.TaggedStruct("TooLarge", { maximum: Schema.Finite })
])
/** What was wrong with a request or its answer. */
export type HttpReason = typeof HttpReason.Type

const describe = (reason: HttpReason): string => {
  switch (reason._tag) {
    case "InvalidRequest":
      return `the request cannot be sent: ${reason.message}`
    case "ConnectionFailed":
      return `no answer: ${reason.message}`
    case "UnexpectedStatus": {
      const status = `${reason.status} ${reason.statusText}`.trim()
      return `the server answered ${status}${reason.body === "" ? "" : `: ${reason.body}`}`
    }
    case "MalformedBody":
      return `the body of the answer is not JSON: ${reason.message}`
    case "TooLarge":
      return `the answer has more than ${reason.maximum} bytes (bytesMax)`
  }
}

/** Statuses below 500 after which the same request may succeed: time-out, too early, too many requests. */
const transient: ReadonlySet<number> = new Set([408, 425, 429])

/** An HTTP request that did not succeed. */
export class HttpError extends Schema.TaggedError<HttpError>("@dagflow/actions/HttpError")("HttpError", {
  reason: HttpReason,
  method: Schema.String,
  /** The address without its query and credentials, which may be secret. */
  url: Schema.String
}) {
  /** Whether the same request may succeed later: after broken connections, and after 408, 425, 429 and 5xx. */
  get isRetryable(): boolean {
    const { reason } = this
    if (reason._tag === "UnexpectedStatus") return reason.status >= 500 || transient.has(reason.status)
    return reason._tag === "ConnectionFailed"
  }

  override get message(): string {
    return `${this.method} ${this.url}: ${describe(this.reason)}`
  }
}

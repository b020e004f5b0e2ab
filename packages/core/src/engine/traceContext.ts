/** Which trace something belongs to, as the W3C header `traceparent` writes it. */
import * as Tracer from "effect/Tracer"

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/

/** The span that a `traceparent` names; one that cannot be read names none, as the standard has it. */
export const readTraceparent = (text: string | undefined): Tracer.ExternalSpan | undefined => {
  const [, traceId, spanId, flags = "0"] = pattern.exec(text?.trim().toLowerCase() ?? "") ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** The `traceparent` of a span. */
export const writeTraceparent = ({ sampled, spanId, traceId }: Tracer.AnySpan): string =>
  `00-${traceId.padStart(32, "0")}-${spanId.padStart(16, "0")}-${sampled ? "01" : "00"}`

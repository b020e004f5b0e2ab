import type { Problem } from "@dagflow/protocol"

/** A problem on one line: what is wrong, where, and what was probably meant. Warnings have a question mark. */
export const brief = ({ code, position, severity, suggestion }: Problem): string => {
  const place = position === undefined ? "" : ` ${position.line}:${position.column}`
  return `${code}${severity === "warning" ? "?" : ""}${place}${suggestion === undefined ? "" : ` → ${suggestion}`}`
}

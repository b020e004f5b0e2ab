const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y

/** Reads `500ms`, `30s`, `2m`, `1h30m` or a number of seconds, as milliseconds; `undefined` for anything else. */
export const parseDuration = (text: string): number | undefined => {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  let total = 0
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const found = part.exec(text)
    if (found === null) return undefined
    total += Number(found[1]) * (units[found[2] ?? ""] ?? 0)
  }
  return text === "" ? undefined : total
}

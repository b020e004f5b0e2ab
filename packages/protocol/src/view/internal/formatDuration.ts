const units = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60]
] as const

/** Writes a span of time for people, with two units at most: `850 ms`, `1.2 s`, `2 m 4 s`, `1 d 3 h`. */
export const formatDuration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${(millis / 1000).toFixed(1)} s`
  const seconds = Math.round(millis / 1000)
  const largest = units.findIndex(([, size]) => seconds >= size)
  const [name, size] = units[largest] ?? units[2]
  const [nextName, nextSize] = units[largest + 1] ?? (["s", 1] as const)
  const rest = Math.floor((seconds % size) / nextSize)
  return `${Math.floor(seconds / size)} ${name}${rest === 0 ? "" : ` ${rest} ${nextName}`}`
}

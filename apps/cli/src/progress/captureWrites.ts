/**
 * Catches what other code writes to the terminal while a window is drawn on it, so that it can go above the window.
 * Only whole lines are handed on; what is left when the window goes is written as it is.
 */
export const captureWrites = (hand: (text: string) => void): { readonly release: () => void } => {
  const releases = [process.stderr, process.stdout]
    // A stream that is no terminal has no window on it.
    .filter((stream) => stream.isTTY)
    .map((stream) => {
      const original = stream.write.bind(stream) as typeof stream.write
      let rest = ""
      stream.write = ((chunk: string | Uint8Array, ...more: ReadonlyArray<unknown>): boolean => {
        rest += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")
        const end = rest.lastIndexOf("\n")
        if (end >= 0) {
          hand(rest.slice(0, end))
          rest = rest.slice(end + 1)
        }
        const callback = more.find((one) => typeof one === "function")
        if (callback !== undefined) process.nextTick(callback as () => void)
        return true
      }) as typeof stream.write
      return () => {
        stream.write = original
        if (rest !== "") hand(rest)
        rest = ""
      }
    })
  return {
    release: () => {
      for (const release of releases.splice(0)) release()
    }
  }
}

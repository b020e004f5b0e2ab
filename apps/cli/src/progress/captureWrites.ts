/** The streams of this process while other code may write to them too. */
export interface Capture {
  /** Writes to the streams themselves. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Gives the streams back. What other code has begun and not ended is handed on first. */
  readonly release: () => void
}

/**
 * Catches what other code writes to standard output and standard error while a run goes on, and hands it on line by
 * line: what an action prints must not end up inside a window or between lines of JSON, and no secret in it may be seen.
 */
export const captureWrites = (hand: (text: string) => void): Capture => {
  const out = capture(process.stdout, hand)
  const err = capture(process.stderr, hand)
  return {
    out: out.write,
    err: err.write,
    release: () => {
      out.release()
      err.release()
    }
  }
}

const capture = (stream: NodeJS.WriteStream, hand: (text: string) => void) => {
  const original = stream.write.bind(stream) as typeof stream.write
  let rest = ""
  let isOpen = true
  stream.write = ((chunk: string | Uint8Array, ...more: ReadonlyArray<unknown>): boolean => {
    rest += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")
    const end = rest.lastIndexOf("\n")
    if (end >= 0) {
      const whole = rest.slice(0, end)
      rest = rest.slice(end + 1)
      hand(whole)
    }
    const callback = more.find((one) => typeof one === "function")
    if (callback !== undefined) process.nextTick(callback as () => void)
    return true
  }) as typeof stream.write
  return {
    write: (text: string): void => {
      original(text)
    },
    release: () => {
      if (!isOpen) return
      isOpen = false
      if (rest !== "") hand(rest)
      stream.write = original
    }
  }
}

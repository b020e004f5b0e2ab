/** What happens in a run as the text of a stream of server-sent events. */
import type { Envelope } from "@dagflow/protocol"

interface BodyOptions {
  readonly heartbeatMillis?: number
  readonly retryMillis?: number
}

// JSON has no line break of its own, so data is one line; line separators that JSON allows are none of this format.

/** A message for a recorded event, whose number is what a client that comes back names; none when there is no data. */
export const recordedText = ({ event, sequence }: Envelope.Envelope, data: unknown): string | undefined =>
  data === undefined ? undefined : `id: ${sequence}\nevent: ${event._tag}\ndata: ${JSON.stringify(data)}\n\n`

/** A message for what is not recorded. It has no id, so the last one that the client has seen stays that of an event. */
export const shownText = (type: string, data: unknown): string | undefined =>
  data === undefined ? undefined : `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`

/** What comes of a promise, or `undefined` when it takes longer than this. */
const within = async <A>(millis: number, promise: Promise<A>): Promise<A | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), millis)
  })
  try {
    return await Promise.race([promise, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** The body of an answer: it reads a message when the client can take one, and lets go of the others when it is gone. */
export const textBody = <A>(
  messages: AsyncGenerator<A, void, void>,
  textOf: (message: A) => string | undefined,
  signal: AbortSignal,
  { heartbeatMillis = 15_000, retryMillis = 1000 }: BodyOptions
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  let isOver = false
  let next: Promise<IteratorResult<A, void>> | undefined
  const stop = async (): Promise<void> => {
    if (isOver) return
    isOver = true
    await messages.return()
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        controller.enqueue(encoder.encode(`retry: ${retryMillis}\n\n`))
        const abort = () => {
          void stop()
          // It may have been closed by the reader in the same moment.
          if (controller.desiredSize !== null) controller.error(signal.reason)
        }
        if (signal.aborted) abort()
        else signal.addEventListener("abort", abort, { once: true })
      },
      pull: async (controller) => {
        while (!isOver) {
          next ??= messages.next()
          const result = await within(heartbeatMillis, next)
          if (isOver) return
          if (result === undefined) return controller.enqueue(encoder.encode(": still here\n\n"))
          next = undefined
          if (result.done === true) {
            isOver = true
            return controller.close()
          }
          const text = textOf(result.value)
          if (text !== undefined) return controller.enqueue(encoder.encode(text))
        }
      },
      cancel: stop
    },
    { highWaterMark: 1 }
  )
}

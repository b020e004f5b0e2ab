/** Events as the text of a stream of server-sent events. */
import type { Envelope } from "@dagflow/protocol"

interface BodyOptions {
  readonly select?: (envelope: Envelope.Envelope) => unknown
  readonly heartbeatMillis?: number
  readonly retryMillis?: number
}

/** JSON has no line break of its own, so the data is one line; line separators that JSON allows are none of this format. */
const messageOf = (envelope: Envelope.Envelope, data: unknown): string =>
  `id: ${envelope.sequence}\nevent: ${envelope.event._tag}\ndata: ${JSON.stringify(data)}\n\n`

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

/** The body of an answer: it reads an event when the client can take one, and lets go of the events when it is gone. */
export const eventBody = (
  events: AsyncGenerator<Envelope.Envelope, void, void>,
  signal: AbortSignal,
  { heartbeatMillis = 15_000, retryMillis = 1000, select = (envelope) => envelope }: BodyOptions
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  let isOver = false
  let next: Promise<IteratorResult<Envelope.Envelope, void>> | undefined
  const stop = async (): Promise<void> => {
    if (isOver) return
    isOver = true
    await events.return()
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
          next ??= events.next()
          const result = await within(heartbeatMillis, next)
          if (isOver) return
          if (result === undefined) return controller.enqueue(encoder.encode(": still here\n\n"))
          next = undefined
          if (result.done === true) {
            isOver = true
            return controller.close()
          }
          const data = select(result.value)
          if (data !== undefined) return controller.enqueue(encoder.encode(messageOf(result.value, data)))
        }
      },
      cancel: stop
    },
    { highWaterMark: 1 }
  )
}

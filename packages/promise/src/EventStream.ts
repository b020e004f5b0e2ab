/**
 * The events of a run for web pages, as [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * a function from `Request` to `Response`, as Hono, Next and others take it, and a listener for plain Node.
 */
import type { RunHandle } from "@dagflow/core"
import { type Envelope, RunStatus } from "@dagflow/protocol"
import type { DagFlow } from "./DagFlow.ts"
import { DagFlowError } from "./DagFlowError.ts"
import { answerOf, type NodeRequest, type NodeResponse, requestOf, sendTo } from "./internal/nodeHttp.ts"
import { recordedText, shownText, textBody } from "./internal/serverSentEvents.ts"

/** How the events of runs are shown. */
export interface EventStreamOptions {
  /**
   * Whether whoever asks may see the run: `false` answers with 403, a response answers with that. There is no default,
   * since a page that anybody can read is never meant.
   */
  readonly authorize: (
    request: Request,
    runId: string
  ) => boolean | Response | PromiseLike<boolean | Response>
  /** Leaves out events, or what is in them, before they leave the process; default: all of every event. */
  readonly select?: (envelope: Envelope.Envelope) => unknown
  /**
   * Sends also what actions emit and log, as they do, between the events: `true` for all of it, or a function that leaves out
   * messages, or what is in them. Default: nothing of it. These messages have no id, since nobody can ask for them again; a client
   * that was cut off, or is too slow, is told of what it misses by a `Gap`, as far as it is known.
   */
  readonly live?: boolean | ((message: Shown) => unknown)
  /** After how many milliseconds of silence a comment tells proxies that somebody is still there; default 15,000. */
  readonly heartbeatMillis?: number
  /** After how many milliseconds a page that was cut off comes back; default 1,000. */
  readonly retryMillis?: number
}

/** What is not recorded: `Emitted`, `EmittedAll`, `Logged`, and `Gap`. */
export type Shown = Exclude<RunHandle.LiveMessage, { readonly _tag: "Recorded" }>

/** Answers a request for the events of a run. */
export type Handler = (request: Request, runId: string) => Promise<Response>

/**
 * Makes a handler for `GET` requests. Each event is one message: its id is the event's number, its type the event's name, its
 * data the envelope as JSON. The stream ends with the run.
 *
 * A browser whose connection was cut comes back with `Last-Event-ID` and goes on after that event, so it misses none and sees
 * none twice, also when another process answers; once it has seen all of a run that has ended it is answered with 204, after
 * which browsers do not come back. A client that reads slowly slows nobody; what it has not read is read from the store later.
 * With `live`, what actions emit comes between the events, as messages without an id: a browser that comes back goes on after the
 * last event all the same.
 *
 * **Failures**
 * Throws a `TypeError` when there is no `authorize`. Requests are answered with 400 when the number to go on after is none,
 * 403 or your own response when `authorize` refuses, 404 when there is no such run, 405 for other methods than `GET`, 503 when
 * the store cannot be reached.
 *
 * **Example**
 * ```ts
 * const events = EventStream.handler(dagflow, { authorize: (request, runId) => mayRead(request, runId) })
 * app.get("/runs/:id/events", (c) => events(c.req.raw, c.req.param("id")))
 * ```
 */
export const handler = (dagflow: DagFlow, options: EventStreamOptions): Handler => {
  // Whoever writes JavaScript is not told by the compiler.
  if (typeof (options as Partial<EventStreamOptions> | undefined)?.authorize !== "function") {
    throw new TypeError(
      "EventStream.handler needs `authorize`, a function that says who may see a run: (request, runId) => boolean"
    )
  }
  return async (request, runId) => {
    if (request.method !== "GET") return plain(405, "only GET is answered here", { allow: "GET" })
    const allowed = await options.authorize(request, runId)
    if (allowed instanceof Response) return allowed
    if (!allowed) return plain(403, "this run is not for you")
    const after = afterOf(request)
    if (after === undefined) return plain(400, "Last-Event-ID, or ?after=, has to be the number of an event")
    try {
      const { sequence, status } = await dagflow.get(runId)
      if (RunStatus.isEnded(status) && after >= sequence) return new Response(null, { status: 204 })
      return new Response(await bodyOf(dagflow, runId, after, request.signal, options), { headers })
    } catch (error) {
      if (!(error instanceof DagFlowError)) throw error
      if (error.code === "RunNotFound") return plain(404, `there is no run "${runId}"`)
      return plain(503, "the store cannot be reached", { "retry-after": "1" })
    }
  }
}

/**
 * The same for a plain Node server, which finds out which run is asked for by itself. What the client does not read is not
 * read from the store either; a client that hangs up ends the stream.
 *
 * **Example**
 * ```ts
 * const events = EventStream.nodeListener(EventStream.handler(dagflow, { authorize }))
 * createServer((request, response) => events(request, response, runIdOf(request.url))).listen(3000)
 * ```
 */
export const nodeListener =
  (handle: Handler) =>
  async (request: NodeRequest, response: NodeResponse, runId: string): Promise<void> => {
    const { controller, web } = requestOf(request, response)
    const answered = await answerOf(() => handle(web, runId))
    await sendTo(response, answered, controller.signal)
  }

// -- internal -------------------------------------------------------------------------------------------------------

const bodyOf = async (
  dagflow: DagFlow,
  runId: string,
  after: number,
  signal: AbortSignal,
  options: EventStreamOptions
): Promise<ReadableStream<Uint8Array>> => {
  const { live = false, select = (envelope) => envelope } = options
  const recorded = (envelope: Envelope.Envelope) => recordedText(envelope, select(envelope))
  if (live === false) {
    return textBody(dagflow.events(runId, { after, follow: true }), recorded, signal, options)
  }
  const show = live === true ? (message: Shown) => message : live
  const run = await dagflow.attach(runId)
  const textOf = (message: RunHandle.LiveMessage) =>
    message._tag === "Recorded" ? recorded(message.envelope) : shownText(message._tag, show(message))
  return textBody(run.live({ after }), textOf, signal, options)
}

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // Nginx gathers answers before it passes them on, unless it is told not to.
  "x-accel-buffering": "no"
}

const plain = (status: number, text: string, more: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...more }
  })

/** The number of the event to go on after: what the browser saw last wins over what the page asked for at first. */
const afterOf = (request: Request): number | undefined => {
  const text = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("after") ?? "0"
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

import { useEffect, useState } from "react"

/** What is shown of an article. */
export interface Shown {
  readonly text: string
  readonly isMissingWords: boolean
  readonly status: string
  /** Its question is open. */
  readonly isOpen: boolean
  /** What is wrong with the connection. */
  readonly connection: string
}

const nothing: Shown = {
  text: "",
  isMissingWords: false,
  status: "waiting for its turn",
  isOpen: false,
  connection: ""
}

type Change = Partial<Shown> | ((shown: Shown) => Partial<Shown>)

interface Data {
  /** A word, and its place among those of the attempt. */
  readonly value?: string
  readonly index?: number
  readonly event: {
    readonly nodeId?: string
    readonly outputs?: { readonly text?: string; readonly published?: boolean }
    readonly error?: { readonly message: string }
    readonly reason?: string
  }
}

const started: Readonly<Record<string, Partial<Shown>>> = {
  write: { text: "", isMissingWords: false, status: "being written" },
  publish: { status: "being published" }
}

const over = (status: string): Partial<Shown> => ({ status, isOpen: false })

/** What a message of the stream changes about what is shown. The messages are named as the events of a run are. */
const changes: Readonly<Record<string, (data: Data) => Change>> = {
  NodeStarted: ({ event }) => started[event.nodeId ?? ""] ?? {},
  Emitted:
    ({ index = 1, value = "" }) =>
    // Who comes in the middle has not got the words before.
    ({ isMissingWords, text }) => ({
      text: text + value,
      isMissingWords: isMissingWords || (text === "" && index > 1)
    }),
  Gap: () => ({ isMissingWords: true }),
  NodeWaiting: () => ({ status: "to be decided", isOpen: true }),
  NodeCompleted: ({ event: { nodeId, outputs } }) => {
    // What was recorded stands in for the words, of which some may have been missed.
    if (nodeId === "write") return { text: outputs?.text ?? "", isMissingWords: false }
    if (nodeId === "publish") return over(outputs?.published === true ? "published" : "not published")
    return nodeId === "review" ? over("decided") : {}
  },
  NodeFailed: ({ event: { error, nodeId } }) => ({ status: `"${nodeId}" has failed: ${error?.message}` }),
  RunPaused: () => ({ isOpen: false }),
  RunFailed: () => ({ isOpen: false }),
  RunCancelled: ({ event: { reason } }) => over(`cancelled${reason === undefined ? "" : `: ${reason}`}`)
}

const lastOnes = ["RunCompleted", "RunFailed", "RunCancelled"]

/** Follows an article: a browser whose connection is cut comes back by itself, and goes on after the last event it has seen. */
export const useArticle = (id: string): Shown => {
  const [shown, setShown] = useState(nothing)
  useEffect(() => {
    const source = new EventSource(`/api/articles/${id}/events`)
    const show = (change: Change) =>
      setShown((now) => ({ ...now, ...(typeof change === "function" ? change(now) : change) }))
    for (const [type, change] of Object.entries(changes)) {
      source.addEventListener(type, ({ data }) => show(change(JSON.parse(String(data)) as Data)))
    }
    // The end of the stream would be one more thing to come back from.
    for (const type of lastOnes) source.addEventListener(type, () => source.close())
    source.addEventListener("open", () => show({ connection: "" }))
    source.addEventListener("error", () =>
      show({
        connection:
          source.readyState === EventSource.CLOSED
            ? "the connection is lost: load the page again"
            : "the connection is cut, and comes back by itself"
      })
    )
    return () => source.close()
  }, [id])
  return shown
}

/** What the words behind the command ask for. */
import { parseArgs } from "node:util"
import * as Result from "effect/Result"

/** What is asked for. */
export type Asked =
  | {
      readonly _tag: "Ask"
      readonly question: string
      readonly id: string | undefined
      /** Tokens that the run may use up. */
      readonly tokens: number | undefined
    }
  | {
      readonly _tag: "Decide"
      readonly id: string
      readonly approved: boolean
      readonly by: string | undefined
    }
  | { readonly _tag: "Resume"; readonly id: string; readonly tokens: number | undefined }
  | { readonly _tag: "Help" }

/** What is asked for, and where things are. */
export interface CommandLine {
  readonly asked: Asked
  readonly store: string
  readonly documents: string
  readonly reports: string
}

/** What a further command has to repeat to find the same run and the same documents. */
export const repeated = ({ documents, reports, store }: CommandLine): string =>
  [
    documents === options.docs.default ? "" : ` --docs ${quoted(documents)}`,
    reports === options.reports.default ? "" : ` --reports ${quoted(reports)}`,
    store === options.store.default ? "" : ` --store ${quoted(store)}`
  ].join("")

/** How the command is written. */
export const usage = `agent "<question>"            researches, and waits for your approval
agent approve <run>           says yes to what it asks, from any terminal: to publish, or to go on
agent reject <run>            says no
agent resume <run>            goes on with a run, after a crash or a decision

  --id <run>                  name of the run (default: made from the question)
  --by <name>                 who decides
  --tokens <n>                tokens that the run may use up before it is paused (default: 200000)
  --docs <folder>             the Markdown documents to research in (default: .)
  --reports <folder>          where reports are written (default: .dagflow/reports)
  --store <file>              where runs are kept (default: .dagflow/agent.db)

With OPENAI_API_KEY it asks a model of OpenAI, or of the server at OPENAI_BASE_URL, by the name of OPENAI_MODEL.
Without, it reads the documents with a model that needs no network.`

const options = {
  id: { type: "string" },
  by: { type: "string" },
  tokens: { type: "string" },
  docs: { type: "string", default: "." },
  reports: { type: "string", default: ".dagflow/reports" },
  store: { type: "string", default: ".dagflow/agent.db" },
  help: { type: "boolean", short: "h", default: false }
} as const

/** Reads the words, or says what is wrong with them. */
export const read = (words: ReadonlyArray<string>): Result.Result<CommandLine, string> =>
  Result.try({
    try: () => parseArgs({ args: [...words], options, allowPositionals: true }),
    catch: (error) => (error instanceof Error ? error.message : String(error))
  }).pipe(
    Result.flatMap(({ positionals, values }) =>
      Result.map(askedBy(positionals, values), (asked) => ({
        asked,
        store: values.store,
        documents: values.docs,
        reports: values.reports
      }))
    )
  )

// -- internal -------------------------------------------------------------------------------------------------------

/** A word as a shell reads it. */
const quoted = (word: string): string =>
  /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

interface Values {
  readonly id?: string | undefined
  readonly by?: string | undefined
  readonly tokens?: string | undefined
  readonly help: boolean
}

const askedBy = (
  words: ReadonlyArray<string>,
  { by, help, id, tokens: limit }: Values
): Result.Result<Asked, string> => {
  const [first, second, ...more] = words
  const tokens = limit === undefined ? undefined : Number(limit)
  if (tokens !== undefined && !(Number.isSafeInteger(tokens) && tokens > 0)) {
    return Result.fail("--tokens takes a whole number of at least 1")
  }
  if (help || first === undefined) return Result.succeed({ _tag: "Help" })
  if (first !== "approve" && first !== "reject" && first !== "resume") {
    if (second !== undefined) return Result.fail("a question is one argument: put it into quotes")
    return Result.succeed({ _tag: "Ask", question: first, id, tokens })
  }
  if (second === undefined || more.length > 0) return Result.fail(`agent ${first} takes the id of one run`)
  return Result.succeed(
    first === "resume"
      ? { _tag: "Resume", id: second, tokens }
      : { _tag: "Decide", id: second, approved: first === "approve", by }
  )
}

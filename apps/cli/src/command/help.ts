/** `dagflow help`: pages about what is not a flag. */
import { DocsSlug, Suggestion } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { CliFailure } from "../output/CliFailure.ts"
import type { HelpDocument } from "../output/Documents.ts"
import * as ErrorPages from "../output/ErrorPages.ts"
import { ExitCode, exitCodes } from "../output/ExitCode.ts"
import type { Style } from "../output/Style.ts"
import { helpOf } from "../output/commandName.ts"
import { perform } from "./perform.ts"

/** `dagflow help`. */
export const help = Command.make(
  "help",
  {
    topics: Argument.String("topic").pipe(
      Argument.withDescription("A command, exit-codes, errors, or errors by name as they are printed"),
      Argument.variadic({ min: 1 })
    )
  },
  perform(({ topics }, { output }) =>
    Effect.gen(function* () {
      const pages = yield* Effect.all(topics.map((topic) => pageOf(topic, output.styleOut)))
      const text = pages.map((page) => page.text).join("\n\n")
      yield* output.json
        ? Effect.forEach(pages, ({ document }) => output.printJson(document))
        : output.print(text)
      return ExitCode.ok
    })
  )
).pipe(
  Command.withDescription("Explain a command, the exit codes, or an error: dagflow help UnknownKey"),
  Command.withExamples([
    { command: "dagflow help exit-codes", description: "What the command exits with" },
    { command: "dagflow help errors", description: "The errors that have a page" },
    { command: "dagflow help NodesFailed Thrown", description: "What errors say, why, and what to do" }
  ])
)

// -- internal -------------------------------------------------------------------------------------------------------

interface Page {
  readonly text: string
  readonly document: typeof HelpDocument.Type
}

const pageOf = (topic: string, style: Style): Effect.Effect<Page, CliFailure> => {
  if (topic === "exit-codes") return Effect.succeed(exitCodesPage)
  if (topic === "errors") return Effect.succeed(errorsPage())
  const page = ErrorPages.find(topic)
  return page === undefined
    ? Effect.fail(unknown(topic))
    : Effect.succeed({
        text: ErrorPages.write(page, style),
        document: { schema: "dagflow.help/1", topic: page.tag, page: page.markdown }
      })
}

const exitCodesPage: Page = {
  text: [
    "Exit codes",
    ...exitCodes.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`)
  ].join("\n"),
  document: { schema: "dagflow.help/1", topic: "exit-codes", exitCodes }
}

const errorsPage = (): Page => {
  const tags = ErrorPages.tags()
  return {
    text: ["Errors that have a page", ...tags.map((tag) => `  ${tag}`)].join("\n"),
    document: { schema: "dagflow.help/1", topic: "errors", errors: tags }
  }
}

const unknown = (topic: string): CliFailure => {
  const slugs = ErrorPages.tags().map((tag) => DocsSlug.ofTag(tag))
  const near = Suggestion.nearest(
    DocsSlug.ofTag(topic),
    Suggestion.vocabulary(["exit-codes", "errors", ...slugs])
  )
  return new CliFailure({
    exit: ExitCode.usage,
    code: "UnknownTopic",
    message: `there is no page about "${topic}"`,
    next: [...(near === undefined ? [] : [`did you mean "${near}"?`]), helpOf(["errors"])]
  })
}

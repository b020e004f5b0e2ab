/** `dagflow validate`: checks flows and runs nothing. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Project from "../config/Project.ts"
import type { ValidateDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { count } from "../output/Phrase.ts"
import { pagesOf, problemLines, tally } from "../output/problemLines.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  flows: Argument.String("flow").pipe(
    Argument.withDescription("flow.yaml, module.ts, module.ts#export, or -"),
    Argument.variadic({ min: 1 })
  ),
  strict: Flag.Boolean("strict").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Warnings count as errors")
  ),
  allowShell: FlowFlags.allowShell
}

/** `dagflow validate`. */
export const validate = Command.make(
  "validate",
  flags,
  perform(({ allowShell, flows, strict }, { globals, output }) =>
    Effect.gen(function* () {
      const projects = yield* Effect.forEach(flows, (word) =>
        Effect.map(Project.load(word, { config: globals.config, allowShell }), (project) => ({
          word,
          project
        }))
      )
      const all = projects.flatMap(({ project }) => project.problems)
      const errors = all.filter((problem) => problem.severity === "error").length
      const valid = projects.every(({ project }) => Project.isValid(project)) && !(strict && all.length > 0)
      if (output.json) yield* output.printJson(documentOf(projects, valid, errors, all.length - errors))
      else {
        const texts = projects.map(({ project, word }) => textOf(word, project, output))
        const pages = all.length === 0 ? [] : [output.styleOut("faint", pagesOf(all))]
        yield* output.print([...texts, ...pages].join("\n"))
      }
      return valid ? ExitCode.ok : ExitCode.invalid
    })
  )
).pipe(Command.withDescription("Check flows; nothing is run"))

// -- internal -------------------------------------------------------------------------------------------------------

interface Checked {
  readonly word: string
  readonly project: Project.Project
}

const documentOf = (
  checked: ReadonlyArray<Checked>,
  valid: boolean,
  errors: number,
  warnings: number
): typeof ValidateDocument.Type => ({
  schema: "dagflow.validate/1",
  valid,
  errors,
  warnings,
  files: checked.map(({ project: { definition, problems }, word }) => ({
    file: word,
    ...(definition !== undefined && {
      flow: definition.name,
      nodes: Project.specOf(definition).nodes.length
    }),
    problems
  }))
})

const textOf = (word: string, project: Project.Project, output: OutputShape): string => {
  const { definition, problems } = project
  const { glyphs, styleOut } = output
  const found = tally(problems)
  const lines = problemLines(problems, styleOut, glyphs)
  if (!Project.isValid(project) || definition === undefined) {
    const hint = Project.hint(project)
    return [
      ...lines,
      ...(hint === undefined ? [] : [styleOut("faint", hint)]),
      `${styleOut("failed", glyphs.sign.failed)} ${word}: ${found}`
    ].join("\n")
  }
  const nodes = count(Project.specOf(definition).nodes.length, "node")
  const sign = styleOut("completed", glyphs.sign.completed)
  return [
    ...lines,
    `${sign} ${word}: flow ${definition.name} is valid, ${nodes}${found === "" ? "" : `, ${found}`}`
  ].join("\n")
}

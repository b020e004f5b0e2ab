/** `dagflow completion`: the script by which a shell completes the command. */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import type { CompletionDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { perform } from "./perform.ts"
import { RootCommand } from "./RootCommand.ts"

const shells = ["bash", "zsh", "fish", "powershell"] as const

/** `dagflow completion`. */
export const completion = Command.make(
  "completion",
  { shell: Argument.Literals("shell", shells).pipe(Argument.withDescription(shells.join(", "))) },
  perform(({ shell }, { output }) =>
    Effect.gen(function* () {
      const root = yield* RootCommand
      const script = Completions.generate("dagflow", shell, Completions.fromCommand(root))
      const document: typeof CompletionDocument.Type = { schema: "dagflow.completion/1", shell, script }
      yield* output.json ? output.printJson(document) : output.print(script)
      return ExitCode.ok
    })
  )
).pipe(
  Command.withDescription("Print the completion script of a shell"),
  Command.withExamples([
    { command: "source <(dagflow completion bash)", description: "Complete in this bash" },
    {
      command: "dagflow completion fish > ~/.config/fish/completions/dagflow.fish",
      description: "In every fish"
    }
  ])
)

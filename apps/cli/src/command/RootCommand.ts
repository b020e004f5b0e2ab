import * as Context from "effect/Context"
import type * as Command from "effect/cli/Command"

/** The whole command that the running one belongs to, for those that speak of all others. */
export class RootCommand extends Context.Service<RootCommand, Command.Command.Any>()(
  "@dagflow/cli/RootCommand"
) {}

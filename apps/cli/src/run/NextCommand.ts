/** The commands that a run's end suggests, as one would type them in this folder. */
import path from "node:path"
import * as ConfigFile from "../config/ConfigFile.ts"
import type { StoreLocation } from "../config/StoreLocation.ts"
import { shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import type { NextCommands } from "./Ending.ts"
import type { Question } from "./WaitText.ts"

/** What the commands depend on. */
export interface NextOptions {
  readonly runId: string
  readonly location: StoreLocation
  readonly config: ConfigFile.LoadedConfig
  readonly allowShell: boolean
  /** The word that named the flow, when its module is needed to go on. */
  readonly module?: string | undefined
}

/** Makes the commands; there are none for a run that is lost with this process. */
export const make = ({
  allowShell,
  config,
  location,
  module,
  runId
}: NextOptions): NextCommands | undefined => {
  const isFound = config.file === undefined || config.file === ConfigFile.find(process.cwd())
  const named = isFound ? "" : ` --config ${shellWord(path.relative(process.cwd(), config.file ?? ""))}`
  const store = location.option
  const shell = allowShell ? " --allow-shell" : ""
  const name = commandName()
  const id = shellWord(runId)
  const flow = module === undefined ? "" : ` --flow ${shellWord(module)}`
  const resume = `${name} resume ${id}${flow}${store}${named}${shell}`
  if (location._tag === "Memory") return undefined
  // Commands that only read the store need the configuration only where that says which store it is.
  const reading = location._tag === "Layer" ? `${store}${named}` : store
  return {
    resume,
    show: (nodeId) => `${name} show ${id}${nodeId === undefined ? "" : ` ${shellWord(nodeId)}`}${reading}`,
    approve: (asked) => approveCommand(asked, `${store}${named}`),
    cancel: `${name} cancel ${id}${store}${named}`
  }
}

/** The command that answers a question, or the one that lists all that there are. `option` is repeated in it. */
export const approveCommand = (asked: Question | undefined, option: string): string => {
  const place = asked === undefined ? "" : ` ${shellWord(asked.runId)} ${shellWord(asked.nodeId)}`
  return `${commandName()} approve${place}${option}`
}

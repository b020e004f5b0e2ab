import { existsSync, readFileSync } from "node:fs"
import path from "node:path"
import type { LoadedConfig } from "../config/ConfigFile.ts"
import * as EditorSchema from "../config/EditorSchema.ts"
import { commandName } from "../output/commandName.ts"
import * as Finding from "./Finding.ts"

/** The schema that editors check flows by names the actions: it is written anew whenever they change. */
export const checkEditor = (folder: string, config: LoadedConfig): Finding.Finding => {
  const file = path.join(folder, EditorSchema.name)
  const write = `${commandName()} schema --write`
  if (!existsSync(file)) {
    return Finding.ok("editor", `no ${EditorSchema.name} here; ${write} makes one`)
  }
  return readFileSync(file, "utf8").replaceAll("\r\n", "\n") === EditorSchema.text(config)
    ? Finding.ok("editor", `${EditorSchema.name} knows the actions of the configuration`)
    : Finding.warning(
        "editor",
        `${EditorSchema.name} does not fit the configuration: editors mark actions that exist, or complete ones that do not`,
        write
      )
}

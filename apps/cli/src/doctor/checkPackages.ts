import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { ExitCode } from "../output/ExitCode.ts"
import { version } from "../version.ts"
import * as Finding from "./Finding.ts"

/** The version of a package as a module in some folder would find it. */
const versionIn = (folder: string, name: string): string | undefined => {
  try {
    const manifest = createRequire(path.join(folder, "any.js")).resolve(`${name}/package.json`)
    return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version
  } catch {
    // It is not installed there, which is no fault: a project whose flows use the standard actions needs nothing.
    return undefined
  }
}

/** All packages share one version: the actions and hooks of a project have to be made with that of the command. */
export const checkPackages = (folder: string, own = version()): Finding.Finding => {
  const found = versionIn(folder, "@dagflow/core")
  const installed = found === undefined ? "" : `, @dagflow/core ${found} in ${folder}`
  const message = `dagflow ${own}${installed}`
  return found === undefined || found === own
    ? Finding.ok("packages", message)
    : Finding.error(
        "packages",
        `${message}: their versions have to be the same`,
        `npm install @dagflow/core@${own}`,
        ExitCode.invalid
      )
}

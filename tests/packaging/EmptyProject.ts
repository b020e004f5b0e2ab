/** A folder of somebody who has plain npm and Node, no compiler, and none of our sources. */
import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import type { Tarball } from "../../scripts/Tarball.ts"

const execute = promisify(execFile)

/** How a command ended. */
export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** A folder of somebody who starts. */
export class EmptyProject {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder)
  }

  /** Writes a file. */
  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text)
  }

  /**
   * Installs packages as `npm install` does in a folder without a `package.json`. No script of any package runs, so
   * nothing can be compiled, nor fetched from anywhere but the registry.
   */
  install(tarballs: ReadonlyArray<Tarball>): Promise<Ended> {
    const files = tarballs.map(({ file }) => file)
    const quietly = [
      "--ignore-scripts",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      "--no-update-notifier",
      "--loglevel=error"
    ]
    return this.run("npm", "install", ...quietly, ...files)
  }

  /** Runs a command here, without anything in the environment that a shell of a user would not have. */
  async run(command: string, ...words: ReadonlyArray<string>): Promise<Ended> {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(npm_|pnpm_|DAGFLOW_|NODE_OPTIONS$|NODE_ENV$|VITEST|CI$|GITHUB_)/i.test(name)
    )
    const env = { ...Object.fromEntries(kept), LC_ALL: "C.UTF-8" }
    const shell = process.platform === "win32"
    try {
      const { stderr, stdout } = await execute(command, [...words], { cwd: this.folder, env, shell })
      return { exit: 0, stdout, stderr }
    } catch (error) {
      const { code, stderr = "", stdout = "" } = error as Partial<Ended> & { readonly code?: unknown }
      if (typeof code !== "number") throw error
      return { exit: code, stdout, stderr }
    }
  }
}

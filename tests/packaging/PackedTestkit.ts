/** The kit for stores as a stranger has it: packed, in an empty folder, with nothing of this repository around it. */
import { execFile } from "node:child_process"
import { cpSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import type { Tarball } from "../../scripts/Tarball.ts"
import { type Snippet, snippetsOf } from "../readme/Snippet.ts"
import { root } from "../repository/SourceFile.ts"
import { brokenStores } from "./brokenStores.ts"
import { install } from "./ImportedPackage.ts"

/** The programs of the guide on writing a store. */
export const guideFiles = (): ReadonlyArray<Snippet> =>
  snippetsOf(readFileSync(path.join(root, "docs/guides/write-your-own-store.md"), "utf8")).filter(
    ({ kind }) => kind === "file"
  )

/** How the case of a broken store ended, on the store that is not broken and on the broken one. */
export interface BrokenStore {
  readonly bug: string
  readonly name: string
  readonly before: boolean
  readonly after: boolean
}

/** An installation of the kit. */
export class PackedTestkit {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Installs the kit into a folder below another one. */
  static async install(kit: Tarball, all: ReadonlyArray<Tarball>, below: string): Promise<PackedTestkit> {
    const folder = await install(kit, all, path.join(below, "testkit"))
    cpSync(path.join(import.meta.dirname, "testkit"), folder, { recursive: true })
    for (const { name, text } of guideFiles()) writeFileSync(path.join(folder, name), text)
    return new PackedTestkit(folder)
  }

  /** Checks broken stores. */
  async broken(): Promise<ReadonlyArray<BrokenStore>> {
    return JSON.parse(
      await this.#node("broken.mjs", JSON.stringify(brokenStores))
    ) as ReadonlyArray<BrokenStore>
  }

  /** Checks the store of the guide, and gives what is printed. */
  guide(): Promise<string> {
    return this.#node("check.ts")
  }

  async #node(...words: ReadonlyArray<string>): Promise<string> {
    const { NODE_PATH: _, ...env } = process.env
    const options = { cwd: this.#folder, env, maxBuffer: 64 * 1024 * 1024 }
    const { stdout } = await promisify(execFile)(process.execPath, [...words], options)
    return stdout
  }
}

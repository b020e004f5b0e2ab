/** The public packages as they would be published: built, packed and laid into a folder. */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"

/** What is read of a package.json, as people write it or as it is inside a tarball. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A packed package. */
export interface Tarball {
  readonly manifest: Manifest
  /** Absolute path of the .tgz file. */
  readonly file: string
}

const root = path.join(import.meta.dirname, "..")

/** Runs a command and gives what it prints; when it fails, what it printed becomes part of the error. */
export const run = (command: string, words: ReadonlyArray<string>, cwd = root): string =>
  // npm and pnpm are .cmd files on Windows, which only a shell starts.
  execFileSync(command, [...words], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32" && !command.endsWith(".exe")
  })

/** Runs pnpm: the one that runs this script, or else the one that npx brings. */
const pnpm = (words: ReadonlyArray<string>, cwd: string): string => {
  const isRunByPnpm = process.env["npm_config_user_agent"]?.startsWith("pnpm/") ?? false
  return isRunByPnpm ? run("pnpm", words, cwd) : run("npx", ["-y", "pnpm@12", ...words], cwd)
}

/** The folders of the public packages, sorted. */
const folders = (): ReadonlyArray<string> =>
  globSync("{packages,apps}/*/package.json", { cwd: root })
    .map((file) => path.dirname(path.join(root, file)))
    .filter((folder) => readManifest(folder).private !== true)
    .sort()

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest

/** Removes what was built of sources that are gone, which the compiler leaves where it is. */
const prune = (folder: string): void => {
  const dist = path.join(folder, "dist")
  // The tests of the command run a bundle in `test`, which is not packed, perhaps at this moment.
  const exclude = (entry: string): boolean => path.basename(entry) === "test"
  for (const built of globSync("**/*.{js,js.map,d.ts,d.ts.map}", { cwd: dist, exclude })) {
    const source = path.join(folder, "src", built.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts"))
    if (!existsSync(source)) rmSync(path.join(dist, built))
  }
}

/** Builds the public packages. */
export const build = (): void => {
  const projects = folders().map((folder) => path.join(folder, "tsconfig.src.json"))
  run(path.join(root, "node_modules/.bin/tsc"), ["-b", ...projects])
}

/** Packs the public packages, which must be built, into a folder. */
export const packAll = (into: string): ReadonlyArray<Tarball> =>
  folders().map((folder) => {
    prune(folder)
    const printed = pnpm(["pack", "--json", "--pack-destination", into], folder)
    const { filename } = JSON.parse(printed.slice(printed.search(/^[[{]/m))) as { readonly filename: string }
    return { manifest: readManifest(folder), file: path.resolve(into, filename) }
  })

import { spawnSync } from "node:child_process"
import { expect, it } from "vitest"
import { paths, root } from "../repository/SourceFile.ts"

/** Whether a changed file is one that users install. */
const isPublished = (file: string): boolean => /^(packages|apps)\/[^/]+\/(src\/|package\.json$)/.test(file)

/** What is wrong when users get these changes and are told of these changesets. */
const unannounced = (
  changed: ReadonlyArray<string>,
  changesets: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const published = changed.filter(isPublished)
  if (published.length === 0 || changesets.length > 0) return []
  return [`${published[0]} and ${published.length - 1} more changed: say so with \`pnpm changeset\``]
}

const git = (...words: ReadonlyArray<string>): string => {
  const { status, stdout } = spawnSync("git", [...words], { cwd: root, encoding: "utf8" })
  return status === 0 ? stdout.trim() : ""
}

/** What changed since the last release, which is the last commit that wrote a changelog; all files before the first. */
const changedSinceRelease = (): ReadonlyArray<string> => {
  const release = git("log", "-1", "--format=%H", "--", "packages/*/CHANGELOG.md")
  if (release === "") return paths("{packages,apps}/*/src/**/*.ts", "{packages,apps}/*/package.json")
  return git("diff", "--name-only", release).split("\n")
}

it("what users get since the last release is announced in a changeset", () => {
  const changesets = paths(".changeset/*.md").filter((file) => !file.endsWith("README.md"))
  expect(unannounced(changedSinceRelease(), changesets)).toEqual([])
})

it("a change that users get without a changeset is found, other changes need none", () => {
  const changed = ["packages/core/src/A.ts", "packages/core/src/B.ts", "README.md"]
  expect(unannounced(changed, [])).toEqual([
    "packages/core/src/A.ts and 1 more changed: say so with `pnpm changeset`"
  ])
  expect(unannounced(changed, [".changeset/first.md"])).toEqual([])
  expect(unannounced(["packages/core/test/A.test.ts", "docs/a.md", "scripts/a.ts"], [])).toEqual([])
})

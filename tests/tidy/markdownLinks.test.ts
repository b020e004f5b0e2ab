import { existsSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { paths, readText, root } from "../repository/SourceFile.ts"

/** The headings of a page as the anchors that a link may name. */
const anchors = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

/** Links of a page that lead nowhere in the repository. Addresses of the web are left alone. */
const broken = (file: string, text: string, folder: string): ReadonlyArray<string> => {
  const prose = text.replaceAll(/^ *```[^]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "")
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const [target = "", anchor] = (match[1] ?? "").split("#")
    if (/^[a-z]+:/.test(target)) return []
    const page = target === "" ? file : path.posix.join(path.posix.dirname(file), target)
    if (target !== "" && !existsSync(path.join(folder, page)))
      return [`${file} links ${match[1]}, which does not exist`]
    if (anchor === undefined || !page.endsWith(".md")) return []
    const there = target === "" ? text : readText(page)
    return anchors(there).includes(anchor) ? [] : [`${file} links ${match[1]}, and there is no such heading`]
  })
}

it("every link between the pages of this repository leads somewhere", () => {
  const pages = paths("*.md", ".github/**/*.md", "{docs,packages,apps,examples,tests,benchmarks}/**/*.md")
  expect(pages.length).toBeGreaterThan(0)
  expect(pages.flatMap((file) => broken(file, readText(file), root))).toEqual([])
})

it("links to missing pages and headings are found, and code is no link", () => {
  const text = "# A b: `c`\n[1](gone.md) [2](#a-b-c) [3](#nothing) [4](https://example.com/x) `[5](x.md)`\n"
  expect(broken("page.md", text, root)).toEqual([
    "page.md links gone.md, which does not exist",
    "page.md links #nothing, and there is no such heading"
  ])
})

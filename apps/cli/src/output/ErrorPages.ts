/** The pages that explain errors: `docs/errors` of the repository, of which the published command has a copy beside it. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { DocsSlug } from "@dagflow/protocol"
import type { Style } from "./Style.ts"

const folders = ["errors/", "../../../../docs/errors/"].map((place) => new URL(place, import.meta.url))

/** A page. */
export interface ErrorPage {
  /** The tag of the error that it explains. */
  readonly tag: string
  /** The whole page, as Markdown. */
  readonly markdown: string
}

/** The page about a tag, however its words are joined (`UnknownKey`, `unknown-key`), or nothing. */
export const find = (name: string): ErrorPage | undefined => {
  const slug = DocsSlug.ofTag(name)
  const file = files().find((found) => found.replaceAll("-", "") === `${slug.replaceAll("-", "")}.md`)
  if (file === undefined) return undefined
  const markdown = readFileSync(new URL(file, folder()), "utf8")
  return { tag: tagOf(markdown), markdown }
}

/** The tags that have a page, by the alphabet. */
export const tags = (): ReadonlyArray<string> =>
  files()
    .map((file) => tagOf(readFileSync(new URL(file, folder()), "utf8")))
    .sort()

/** A page for a terminal: headings and names stand out, and links are their words. */
export const write = ({ markdown }: ErrorPage, style: Style): string =>
  markdown
    .trimEnd()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, "$1")
    .replaceAll(/^#+ (.*)$/gmu, (_, heading: string) => style("strong", heading))
    .replaceAll(/\*\*([^*]*)\*\*/gu, (_, words: string) => style("strong", words))

// -- internal -------------------------------------------------------------------------------------------------------

const folder = (): URL => folders.find((found) => existsSync(found)) ?? folders[0]!

const files = (): ReadonlyArray<string> =>
  readdirSync(folder()).filter((file) => file.endsWith(".md") && file !== "README.md")

const tagOf = (markdown: string): string => /^# (\S+)/u.exec(markdown)?.[1] ?? ""

/** The pieces of a Markdown page that name the file they stand for, or the output of one. */

/** A fenced block whose info string names a file: ` ```ts file=report.ts ` or ` ```text output=report.ts `. */
export interface Snippet {
  readonly kind: "file" | "output"
  readonly name: string
  readonly text: string
}

const fence = /^```\S+ (file|output)=(\S+)\n([\s\S]*?)^```$/gm

/** All snippets of a page, in its order. */
export const snippetsOf = (page: string): ReadonlyArray<Snippet> =>
  [...page.matchAll(fence)].map(([, kind, name = "", text = ""]) => ({
    kind: kind === "output" ? "output" : "file",
    name,
    text
  }))

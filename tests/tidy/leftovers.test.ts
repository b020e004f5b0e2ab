import { expect, it } from "vitest"
import { parse, place, readAll, type SourceFile } from "../repository/SourceFile.ts"

/** The words are spelled apart here, so that this file keeps its own rule. */
const marker = new RegExp(
  `\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b(?!\\(#\\d+\\))`
)

const leftovers = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) =>
    file.comments
      .filter((comment) => marker.test(comment.value))
      .map(
        (comment) => `${place(file, comment.start)} has work left over: do it, or open an issue and name it`
      )
  )

it("work that is left over names its issue", () => {
  expect(leftovers(readAll())).toEqual([])
})

it("a marker without an issue is found, one with an issue is not", () => {
  for (const word of ["TO" + "DO", "FIX" + "ME"]) {
    expect(leftovers([parse("a.ts", `// ${word}: later`)])).toHaveLength(1)
    expect(leftovers([parse("a.ts", `/** ${word}(#12): later */`)])).toEqual([])
    expect(leftovers([parse("a.ts", `export const a = "${word}"`)])).toEqual([])
  }
})

import { expect, it } from "vitest"
import { linesOfCode, parse, readAll, type SourceFile } from "../repository/SourceFile.ts"

const maximum = 400

const tooLong = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files
    .map((file) => ({ file, lines: linesOfCode(file) }))
    .filter(({ lines }) => lines > maximum)
    .map(
      ({ file, lines }) =>
        `${file.path} has ${lines} lines of code, at most ${maximum}: move a concept out of it`
    )

it("no file has more than 400 lines of code", () => {
  expect(tooLong(readAll())).toEqual([])
})

it("a file of 401 lines of code is found, and one with 400 and many comments is not", () => {
  const code = "export {}\n".repeat(400)
  const comments = "\n// why\n/* a\n\n   b */\n".repeat(50)
  expect(tooLong([parse("fits.ts", code + comments)])).toEqual([])
  expect(tooLong([parse("grown.ts", code + comments + "export {}\n")])).toEqual([
    "grown.ts has 401 lines of code, at most 400: move a concept out of it"
  ])
})

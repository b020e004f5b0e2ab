import path from "node:path"
import { expect, it } from "vitest"
import { parse, place, read, type SourceFile } from "../repository/SourceFile.ts"

/** Public modules are the ones that the barrels list: PascalCase files outside the folders for private ones. */
const isPublic = ({ path: file }: SourceFile): boolean =>
  /^[A-Z][A-Za-z0-9]*\.ts$/.test(path.posix.basename(file)) && !file.split("/").includes("internal")

/** Exports of a file that no documenting comment stands directly above. The first overload documents the others. */
const undocumented = (file: SourceFile): ReadonlyArray<string> => {
  const documented = new Set<string>()
  return file.program.body.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || statement.declaration === null) return []
    const { declaration } = statement
    const name =
      declaration.type === "VariableDeclaration"
        ? declaration.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : "")).join(", ")
        : "id" in declaration && declaration.id?.type === "Identifier"
          ? declaration.id.name
          : ""
    const isDocumented = file.comments.some(
      (comment) =>
        comment.type === "Block" &&
        comment.value.startsWith("*") &&
        comment.end <= statement.start &&
        /^\s*(\/\/[^\n]*\s*)*$/.test(file.text.slice(comment.end, statement.start))
    )
    if (isDocumented) documented.add(name)
    return isDocumented || documented.has(name)
      ? []
      : [`${place(file, statement.start)} exports ${name} without saying what it is`]
  })
}

it("every public export says what it is", () => {
  const files = read("packages/*/src/**/*.ts").filter(isPublic)
  expect(files.length).toBeGreaterThan(20)
  expect(files.flatMap(undocumented)).toEqual([])
})

it("an export without a comment is found, and one with a comment is not", () => {
  const found = (text: string) => undocumented(parse("packages/a/src/A.ts", text))
  expect(found("export const a = 1\n")).toEqual(["packages/a/src/A.ts:1 exports a without saying what it is"])
  expect(found("/** What a is. */\nexport const a = 1\n")).toEqual([])
  expect(found("/** Of the module. */\nimport b from 'b'\nexport const a = b\n")).toHaveLength(1)
  expect(found("/** A schema. */\nexport const A = 1\nexport type A = typeof A\n")).toEqual([])
})

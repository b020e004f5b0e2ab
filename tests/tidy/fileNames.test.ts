import { expect, it } from "vitest"
import { paths } from "../repository/SourceFile.ts"

/** Names that say nothing about what is inside; a file that is hard to name has more than one concept, or none. */
const banned = ["util", "utils", "helper", "helpers", "common", "types", "shared", "misc"]

const nameless = (files: ReadonlyArray<string>): ReadonlyArray<string> =>
  files.filter((file) =>
    file
      .split("/")
      .flatMap((part) => part.replace(/(\.\w+)+$/, "").split(/[-_.]|(?<=[a-z])(?=[A-Z])/))
      .some((word) => banned.includes(word.toLowerCase()))
  )

it("every file and folder is named for the concept that it holds", () => {
  const written = paths("{packages,apps,examples,tests,benchmarks,scripts,internal}/**/*.{ts,tsx,js,mjs}")
  expect(nameless(written)).toEqual([])
})

it("names without a concept are found in files, folders and compounds", () => {
  const planted = ["a/utils.ts", "a/helpers/B.ts", "a/stateUtils.ts", "a/shared-code.ts", "a/types.test.ts"]
  expect(nameless([...planted, "a/Utility.ts", "a/PrototypeState.ts"])).toEqual(planted)
})

/** A bug that is put into the sources on purpose, and the test that has to find it. */

/** A text that stands exactly once in a file, however its lines are broken and indented, and what takes its place. */
export interface Edit {
  /** Path of the file in the repository. */
  readonly file: string
  readonly search: string
  readonly replace: string
}

/** The tests that can find planted bugs: a file, and the name of one test in it. */
export interface NamedTest {
  /** The folder of its project: `packages/core`, or `tests`. */
  readonly folder: string
  /** Path of the file in it. */
  readonly file: string
  /** The full name, as Vitest prints it: `group > test`. */
  readonly name: string
}

/** A bug that is put into the sources on purpose. */
export interface PlantedBug {
  /** What is wrong, in a few words. */
  readonly name: string
  readonly edits: ReadonlyArray<Edit>
  readonly test: NamedTest
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** Matches this name and no other. */
export const nameOnly = (name: string): RegExp => new RegExp(`^${escaped(name)}$`)

/** Finds a text whatever white space stands where it has some: a formatter may break and indent its lines anew. */
const finder = (search: string): RegExp =>
  new RegExp(
    search
      .trim()
      .split(/\s+/)
      .map(escaped)
      .join(String.raw`\s+`),
    "g"
  )

/** Puts a bug into the text of a file, or says why it cannot be put there. */
export const plant = (text: string, { file, search, replace }: Edit): string => {
  const places = text.match(finder(search))?.length ?? 0
  if (places !== 1) throw new Error(`${file} has the text of a planted bug ${places} times:\n${search}`)
  if (search === replace) throw new Error(`${file}: the planted bug changes nothing`)
  return text.replace(finder(search), () => replace)
}

/** A bug that a test has to find. */
export const bug = (name: string, test: NamedTest, ...edits: ReadonlyArray<Edit>): PlantedBug => ({
  name,
  edits,
  test
})

/** A change of a source file of a package. */
export const edit = (file: string, search: string, replace: string): Edit => ({
  file: `packages/${file}`,
  search,
  replace
})

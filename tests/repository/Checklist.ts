/** The checklist of capabilities: which tests show each of its rows, and which of the tests that ran those are. */

/** A test that a row names: its file, the groups and its own name as the source has them, and the case of a table. */
export interface ShowingTest {
  readonly file: string
  /** `group > test`; what a table of cases puts in stands there as in the source. */
  readonly name: string
  /** The row of a table of cases, if one is named. */
  readonly row: string | undefined
  /** All of it, as the checklist has it. */
  readonly text: string
}

/** A row of the checklist: its number, and what it says shows it. */
export interface ChecklistRow {
  readonly number: number
  readonly shownBy: string
}

/** A test as it ran. */
export interface RanTest {
  readonly file: string
  readonly fullName: string
}

/** What a row says of which nothing is shown yet. */
export const notYet = "not yet"

/** The rows of the tables, in their order. */
export const rowsOf = (text: string): ReadonlyArray<ChecklistRow> =>
  text.split("\n").flatMap((line) => {
    const found = /^\| (\d+) +\| .*[^ ] +\| (.*[^ ]) +\|$/.exec(line)
    return found === null ? [] : [{ number: Number(found[1]), shownBy: found[2] ?? "" }]
  })

/** The tests that a row names; what is no name of a test has an empty file. */
export const testsOf = ({ shownBy }: ChecklistRow): ReadonlyArray<ShowingTest> =>
  shownBy === notYet
    ? []
    : shownBy.split("<br>").map((text) => {
        const [, test = "", row] = /^`([^`]+)`(?: with `([^`]+)`)?$/.exec(text) ?? []
        const [file = "", ...names] = test.split(" > ")
        return { file, name: names.join(" > "), row, text }
      })

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** What Vitest, or a template, puts values of a table in the place of. */
const holes = /%[sdifjoOpc#$]|\$\{[^}]*\}|\$[A-Za-z_][\w.]*/

/** Matches the full names of the tests that a row names: those of all rows of a table, or of the one that is named besides. */
export const titlePattern = ({ name, row }: ShowingTest): RegExp => {
  const parts = name
    .split(holes)
    .map((part) => escaped(part.replaceAll("%%", "%").replaceAll(String.raw`\``, "`")))
  const holdsRow = row === undefined ? "" : `(?=[^]*${escaped(row)})`
  return new RegExp(`^${holdsRow}${parts.join("[^]*")}$`)
}

/**
 * The names of the checklist that stand for no test that ran, among those whose files did: a file that did not run shows
 * nothing either way.
 */
export const unresolved = (text: string, ran: ReadonlyArray<RanTest>): ReadonlyArray<string> => {
  const files = Map.groupBy(ran, ({ file }) => file)
  return rowsOf(text).flatMap((row) =>
    testsOf(row).flatMap((test) => {
      return isAmong(test, files.get(test.file))
        ? []
        : [`row ${row.number} names a test that did not run: ${test.text}`]
    })
  )
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Whether a test ran that has the name. One that is no table of cases holds the others of its file to cases kept elsewhere. */
const isAmong = (test: ShowingTest, ran: ReadonlyArray<RanTest> | undefined): boolean => {
  if (ran === undefined) return true
  const { name, row } = test
  const isRan = (pattern: RegExp) => ran.some(({ fullName }) => pattern.test(fullName))
  if (row === undefined || holes.test(name)) return isRan(titlePattern(test))
  return (
    isRan(titlePattern({ ...test, row: undefined })) && ran.some(({ fullName }) => fullName.includes(row))
  )
}

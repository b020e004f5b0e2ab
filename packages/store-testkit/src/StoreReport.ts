/** What a check has found, as data, as text for people, and as the table of a README. */
import { StoreAbility, type StoreAbilities } from "@dagflow/protocol"
import * as StoreCases from "./StoreCases.ts"

/** How one case ended. */
export interface CaseResult {
  readonly group: string
  /** What is so when the case passes. */
  readonly name: string
  /** What would go wrong for a run if it were not so. */
  readonly goal: string
  readonly passed: boolean
  /** Why it failed. */
  readonly message?: string
}

/** What a check has found. It is plain data, and may be written as JSON. */
export interface StoreReport {
  readonly store: string
  /** What the store declares. */
  readonly abilities: StoreAbilities
  readonly results: ReadonlyArray<CaseResult>
}

/** Whether the store does all that it was asked. A check without any case has shown nothing, and fails. */
export const passed = ({ results }: StoreReport): boolean =>
  results.length > 0 && results.every((result) => result.passed)

/** The abilities that a store does not declare and whose operations it refuses, in the order of tables. */
export const refusedAbilities = (abilities: StoreAbilities): ReadonlyArray<StoreAbility.StoreAbility> =>
  StoreAbility.names.filter((ability) => !abilities[ability] && hasOperations(ability))

/** A report in lines for people: the count of each group, and each case that failed with its reason. */
export const text = (report: StoreReport): string => {
  const groups = groupsOf(report)
  const width = Math.max(0, ...groups.map(({ name }) => name.length))
  const failed = report.results.filter((result) => !result.passed)
  const refused = refusedAbilities(report.abilities)
  const missing = StoreAbility.names.filter(
    (ability) => !report.abilities[ability] && !hasOperations(ability)
  )
  return [
    `${report.store}: ${report.results.length - failed.length} of ${report.results.length} cases passed`,
    "",
    ...groups.map(({ cases, good, name }) => `  ${name.padEnd(width)}  ${good} of ${cases}`),
    ...(refused.length + missing.length === 0 ? [] : [""]),
    ...(refused.length === 0 ? [] : [`refused as Unsupported: ${refused.join(", ")}`]),
    ...(missing.length === 0 ? [] : [`not offered: ${missing.join(", ")}`]),
    ...failed.flatMap(({ goal, group, message, name }) => [
      "",
      `failed  ${group}: ${name}`,
      ...(message ?? "").split("\n").map((line) => `  ${line}`),
      `  otherwise ${goal}`
    ])
  ].join("\n")
}

/** The tables of a README: what the store offers, and the cases that it passes. They hold no time and no chance. */
export const markdown = (report: StoreReport): string => {
  const abilities = StoreAbility.names.map((ability) => [
    `\`${ability}\``,
    StoreAbility.meaning[ability],
    report.abilities[ability] ? "yes" : hasOperations(ability) ? "no: refused as `Unsupported`" : "no"
  ])
  const groups = groupsOf(report).map(({ cases, good, name }) => [
    name,
    good === cases ? `${cases} passed` : `**${cases - good} of ${cases} failed**`
  ])
  return [
    ...table(["ability", "the store …", "offered"], abilities),
    "",
    ...table(["cases of `@dagflow/store-testkit`", "result"], groups)
  ].join("\n")
}

/** The report of a store of these abilities that passes all of its cases. */
export const allPassed = (store: string, abilities: StoreAbilities): StoreReport => ({
  store,
  abilities,
  results: StoreCases.of(abilities).map(({ goal, group, name }) => ({ group, name, goal, passed: true }))
})

// -- internal -------------------------------------------------------------------------------------------------------

/** Abilities that change what other operations do have nothing that could be refused. */
const hasOperations = (ability: StoreAbility.StoreAbility): boolean =>
  ability !== "sharedProcesses" && ability !== "deadOwners"

const groupsOf = ({ results }: StoreReport) =>
  [...new Set(results.map(({ group }) => group))].map((name) => {
    const mine = results.filter(({ group }) => group === name)
    return { name, cases: mine.length, good: mine.filter((result) => result.passed).length }
  })

/** A Markdown table whose columns are aligned, as formatters write it. */
const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
}

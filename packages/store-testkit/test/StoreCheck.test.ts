import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { StoreAbility, StoreError } from "@dagflow/protocol"
import {
  StoreCase,
  StoreCases,
  StoreCheck,
  StoreModel,
  StoreReport,
  StoreTests,
  type StoreUnderTest
} from "../src/index.ts"
import modelStore, { dataOf } from "./modelStore.ts"

const check = (store: StoreUnderTest.StoreUnderTest, options: StoreCheck.CheckOptions = {}) =>
  Effect.runPromise(StoreCheck.check(store, options))

/** The model with no more than these abilities. */
const limited = (abilities: Partial<typeof StoreAbility.none>): StoreUnderTest.StoreUnderTest => ({
  ...modelStore,
  open: ({ name }) => Effect.sync(() => StoreModel.make(dataOf(name), { ...StoreAbility.none, ...abilities }))
})

describe("the cases of a store", () => {
  it("have names of their own, and each is for some store", () => {
    const names = StoreCases.all.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const every = Object.fromEntries(StoreAbility.names.map((ability) => [ability, true]))
    const forAll = StoreCases.of(every as unknown as typeof StoreAbility.none)
    const forNone = StoreCases.of(StoreAbility.none)
    const forShared = StoreCases.of({ ...StoreAbility.none, sharedProcesses: true })
    expect(new Set([...forAll, ...forNone, ...forShared]).size).toBe(StoreCases.all.length)
  })

  it("count a key that is undefined as missing, and nothing else as the same", () => {
    const row = { owner: undefined, tags: ["t"], deep: [{ cause: undefined, event: "{}" }] }
    expect(StoreCase.isSame(row, JSON.parse(JSON.stringify(row)))).toBe(true)
    expect(StoreCase.isSame(row, { ...row, owner: null })).toBe(false)
    expect(StoreCase.isSame(row, { ...row, deep: [{ event: "{ }" }] })).toBe(false)
    expect(StoreCase.isSame([undefined], [])).toBe(false)
  })

  it("of an ability are replaced by its refusal where it is not offered", async () => {
    const offered = { notify: true, cache: true }
    const report = await check(limited(offered), { only: "refus", histories: 5 })
    expect(report.results.filter(({ passed }) => !passed)).toEqual([])
    const refusals = StoreCases.of(report.abilities).flatMap(({ without = [] }) => without)
    expect(refusals).toEqual(["sharedProcesses", "artifacts", "parking", "prune"])
    const groups = new Set(StoreCases.of(report.abilities).map(({ group }) => group))
    expect([groups.has("cache"), groups.has("changes")]).toEqual([true, true])
    expect([groups.has("artifacts"), groups.has("prune")]).toEqual([false, false])
  })
})

describe("a check", () => {
  it("tells of each case as it ends, and takes only those that are asked for", async () => {
    const told: Array<string> = []
    const report = await check(modelStore, { only: "mail", onResult: ({ name }) => void told.push(name) })
    expect(told).toEqual(report.results.map(({ name }) => name))
    expect(report.results.length).toBeGreaterThanOrEqual(4)
    expect(report.results.every(({ group, name }) => `${group}: ${name}`.includes("mail"))).toBe(true)
    expect(StoreReport.passed(report)).toBe(true)
    expect(StoreReport.passed(await check(modelStore, { only: "nothing of the kind" }))).toBe(false)
  })

  it("ends a case that hangs, and says what a store throws or fails with", async () => {
    const ends = async (get: () => Effect.Effect<never, StoreError>) => {
      const open: StoreUnderTest.StoreUnderTest["open"] = (place) =>
        Effect.map(modelStore.open(place), (store) => ({ ...store, get }))
      const { results } = await check(
        { ...modelStore, open },
        { only: "a run is created", timeout: "1 second" }
      )
      return results[0]?.message ?? ""
    }
    expect(await ends(() => Effect.never)).toBe("it took longer than 1s")
    const thrown = await ends(() => {
      throw new TypeError("x is not a function")
    })
    expect(thrown).toMatch(/^it throws TypeError: x is not a function\n.*StoreCheck\.test/)
    const reason = { _tag: "Unavailable", message: "the disk is away" } as const
    const failed = await ends(() => Effect.fail(new StoreError({ operation: "get", reason })))
    expect(failed).toBe("the store fails: get: the store is not available: the disk is away")
  })

  it("of a store that cannot be opened fails with the reason", async () => {
    const reason = { _tag: "Unavailable", message: "no server" } as const
    const closed = { ...modelStore, open: () => Effect.fail(new StoreError({ operation: "open", reason })) }
    await expect(check(closed)).rejects.toThrow("no server")
  })

  it("loads the store that a module exports, and says what a module has to export", async () => {
    const module = new URL("./modelStore.ts", import.meta.url)
    const report = await StoreCheck.checkModule(module, { only: "restart" })
    expect(report.store).toBe("model")
    expect(StoreReport.passed(report)).toBe(true)
    const other = new URL("./finders.ts", import.meta.url)
    await expect(StoreCheck.checkModule(other)).rejects.toThrow("finders.ts has no store to be checked")
  })
})

describe("a report", () => {
  const report: StoreReport.StoreReport = {
    store: "mine",
    abilities: { ...StoreAbility.none, cache: true },
    results: [
      { group: "append", name: "a", goal: "x", passed: true },
      {
        group: "append",
        name: "b",
        goal: "runs would be lost",
        passed: false,
        message: "it is 1\nand not 2"
      },
      { group: "mail", name: "c", goal: "z", passed: true }
    ]
  }

  it("in lines has the counts, what is refused, and each failure with its reason and what comes of it", () => {
    expect(StoreReport.text(report)).toBe(
      [
        "mine: 2 of 3 cases passed",
        "",
        "  append  1 of 2",
        "  mail    1 of 1",
        "",
        "refused as Unsupported: notify, artifacts, prune, parking",
        "not offered: sharedProcesses, deadOwners",
        "",
        "failed  append: b",
        "  it is 1",
        "  and not 2",
        "  otherwise runs would be lost"
      ].join("\n")
    )
  })

  it("as tables says what is offered, and how many cases passed", () => {
    const table = StoreReport.markdown(report)
    expect(table).toMatch(/^\| `cache` +\| keeps outputs for later runs +\| yes +\|$/m)
    expect(table).toMatch(/^\| `prune` .*\| no: refused as `Unsupported` \|$/m)
    expect(table).toMatch(/^\| `deadOwners` .*\| no +\|$/m)
    expect(table).toMatch(/^\| append +\| \*\*1 of 2 failed\*\* \|$/m)
    expect(table).toMatch(/^\| mail +\| 1 passed +\|$/m)
    const lines = table.split("\n\n").map((one) => one.split("\n").map((line) => line.length))
    for (const widths of lines) expect(new Set(widths).size).toBe(1)
  })
})

describe("tests of a store", () => {
  it("are those of its cases, and one that fails says why and what comes of it", async () => {
    const groups: Array<string> = []
    const tests = new Map<string, () => Promise<void>>()
    const runner: StoreTests.TestRunner = {
      describe: (name, make) => {
        groups.push(name)
        make()
      },
      it: (name, test) => tests.set(name, test)
    }
    const forgetful: StoreUnderTest.StoreUnderTest = {
      ...modelStore,
      open: (place) =>
        Effect.map(modelStore.open(place), (store) => ({ ...store, readMail: () => Effect.succeed([]) }))
    }
    await StoreTests.describeStore(forgetful, runner)
    expect(groups.slice(0, 3)).toEqual(["model: append", "model: ownership", "model: mail"])
    expect([...tests.keys()]).toEqual(StoreCases.of(StoreModel.abilities).map(({ name }) => name))
    await tests.get("runs survive a restart")?.()
    const failing = tests.get("the same id again changes nothing while it lies there")
    await expect(failing?.()).rejects.toThrow(
      /the mail: it is \[\].*\n?.*otherwise a command that was sent twice/s
    )
  })
})

/*
 * Goal: the flow grows by what is wrong with the data and by nothing else, and every figure it reports is right.
 * Method: the shipped data, and edited copies of them, run through the flow of the example with its own actions, hook and
 * service; each figure is compared with one that a plain loop works out (plainFigures.ts).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { StandardActions } from "@dagflow/actions"
import { Actions, DagFlow, Hooks } from "@dagflow/core"
import type { RunReport } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import config from "../dagflow.config.ts"
import * as PriceServer from "../price-server.ts"
import { loadFlow } from "../loadFlow.ts"
import { plainDecades, plainFigures, plainGenres, type PlainFilm, type RawRow } from "./plainFigures.ts"

const example = path.join(import.meta.dirname, "..")
const packageFolder = path.dirname(path.dirname(fileURLToPath(import.meta.resolve("vega-datasets"))))
const shipped = JSON.parse(
  readFileSync(path.join(packageFolder, "data/movies.json"), "utf8")
) as ReadonlyArray<RawRow>
const { prices } = JSON.parse(readFileSync(path.join(example, "price-index.json"), "utf8")) as {
  readonly prices: Readonly<Record<string, number>>
}

const lastYear = 2011
const declared = ["read", "check", "price-index", "films", "by-genre", "by-decade", "report", "save"]
const followUp = ["films-mended", "by-genre-mended", "by-decade-mended", "report-mended", "save-mended"]

let folder: string
let server: PriceServer.PriceServer

beforeAll(() => mkdirSync(path.join(example, ".dagflow"), { recursive: true }))

beforeEach(async () => {
  // Below the example: its files may lie nowhere else.
  folder = mkdtempSync(path.join(example, ".dagflow/test-"))
  server = await PriceServer.start(0)
})

afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the flow on rows and gives the report of the run. */
const run = (rows: ReadonlyArray<RawRow>, priceIndex = server.url): Promise<RunReport.RunReport> => {
  const movies = path.join(folder, "movies.json")
  writeFileSync(movies, JSON.stringify(rows))
  const engine = DagFlow.layer().pipe(
    Layer.provide([
      MemoryStore.layer,
      Logger.layer([]),
      Actions.layer(...StandardActions.make(config.standardActions), ...(config.actions ?? [])),
      Hooks.layer(...(config.hooks ?? []))
    ])
  )
  return Effect.gen(function* () {
    const flow = yield* loadFlow
    const handle = yield* (yield* DagFlow).start(flow, {
      input: { movies, priceIndex, report: path.join(folder, "report.md") }
    })
    return yield* handle.outcome
  }).pipe(Effect.provide(engine), Effect.runPromise)
}

const outputs = (report: RunReport.RunReport, nodeId: string): Readonly<Record<string, unknown>> =>
  report.nodes.find((node) => node.nodeId === nodeId)?.outputs ?? {}

const grown = (report: RunReport.RunReport): ReadonlyArray<string> =>
  report.nodes.map(({ nodeId }) => nodeId).filter((nodeId) => !declared.includes(nodeId))

interface Reported {
  readonly genres: ReadonlyArray<{ genre: string; films: number; paidBack: number; timesOver: number }>
  readonly decades: ReadonlyArray<{
    decade: number
    films: number
    budget: number
    timesOver: number
    best: string
  }>
}

/** Every figure of two analyses is the one that a plain loop works out from the same films. */
const expectFigures = (
  report: RunReport.RunReport,
  suffix: string,
  films: ReadonlyArray<PlainFilm>
): void => {
  const { genres } = outputs(report, `by-genre${suffix}`) as unknown as Reported
  const { decades } = outputs(report, `by-decade${suffix}`) as unknown as Reported
  const byGenre = new Map(genres.map((one) => [one.genre, [one.films, one.paidBack, one.timesOver]]))
  const byDecade = new Map(
    decades.map((one) => [one.decade, [one.films, one.budget, one.timesOver, one.best]])
  )
  expect(byGenre).toEqual(plainGenres(films))
  expect(byDecade).toEqual(plainDecades(films))
  const order = genres.map(({ timesOver }) => timesOver)
  expect(order).toEqual(order.toSorted((a, b) => b - a))
}

const isSound = (row: RawRow): boolean => plainFigures([row], prices, lastYear).sound.length === 1

const reportText = (): string => readFileSync(path.join(folder, "report.md"), "utf8")

describe("the flow on the shipped data", () => {
  it("counts every problem, repairs what can be repaired, and reports the right figures", async () => {
    const report = await run(shipped)
    const plain = plainFigures(shipped, prices, lastYear)
    expect(report.status).toBe("completed")
    expect(outputs(report, "check")["problems"]).toEqual(plain.problems)
    expect(grown(report)).toEqual([
      "repair-future-release",
      "repair-garbled-title",
      "repair-numeric-title",
      "mend",
      "recheck",
      ...followUp
    ])
    expectFigures(report, "", plain.sound)
    expectFigures(report, "-mended", [...plain.sound, ...plain.mended])
    const counted = plain.sound.length + plain.mended.length
    expect(reportText()).toContain(
      `${counted.toLocaleString("en")} of ${shipped.length.toLocaleString("en")} films count. ${plain.mended.length} of them`
    )
  })

  it("puts every garbled title right", async () => {
    const report = await run(shipped)
    const rows = outputs(report, "recheck")["accepted"] as ReadonlyArray<RawRow>
    const titles = rows.map((row) => row["Title"])
    const { mended } = plainFigures(shipped, prices, lastYear)
    expect(new Set(titles)).toEqual(new Set(mended.map(({ title }) => title)))
    expect(titles).toContain("Le Fabuleux destin d'Amélie Poulain")
  })

  it("asks the service again after it was unavailable", async () => {
    const report = await run(shipped)
    const node = report.nodes.find(({ nodeId }) => nodeId === "price-index")
    expect(node?.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "succeeded"])
    expect(report.totals.recovered).toBe(0)
  })

  it("gives the same figures without the service, since the failure handler stands in", async () => {
    const withService = await run(shipped)
    server.close()
    const without = await run(shipped)
    expect(without.status).toBe("completed")
    expect(without.totals.recovered).toBe(1)
    expect(outputs(without, "by-genre-mended")).toEqual(outputs(withService, "by-genre-mended"))
    expect(outputs(without, "by-decade-mended")).toEqual(outputs(withService, "by-decade-mended"))
  })
})

describe("the flow on edited data", () => {
  it("does not grow when every row is sound", async () => {
    const rows = shipped.filter(isSound)
    const report = await run(rows)
    expect(report.nodes.map(({ nodeId }) => nodeId).toSorted()).toEqual(declared.toSorted())
    expectFigures(report, "", plainFigures(rows, prices, lastYear).sound)
    expect(reportText()).not.toContain("What was wrong")
  })

  it("adds no node for a problem that is not there", async () => {
    const rows = shipped.filter((row) => typeof row["Title"] !== "number")
    const report = await run(rows)
    const plain = plainFigures(rows, prices, lastYear)
    expect(grown(report)).toEqual([
      "repair-future-release",
      "repair-garbled-title",
      "mend",
      "recheck",
      ...followUp
    ])
    expectFigures(report, "-mended", [...plain.sound, ...plain.mended])
  })

  it("leaves out what cannot be put right, without growing", async () => {
    const sound = shipped.filter(isSound).slice(0, 200)
    const hopeless = [
      { ...sound[0], Title: null },
      { ...sound[1], "Worldwide Gross": 0 },
      { ...sound[2], "Production Budget": null }
    ]
    const report = await run([...sound, ...hopeless])
    expect(grown(report)).toEqual([])
    expect(outputs(report, "check")["problems"]).toEqual({ "missing-title": 1, "missing-money": 2 })
    expectFigures(report, "", plainFigures(sound, prices, lastYear).sound)
    expect(reportText()).toContain("200 of 203 films count.")
  })

  it("counts a film whose title and date were both wrong, once they are right", async () => {
    const sound = shipped.filter(isSound)
    const added: RawRow = {
      Title: "LÈon",
      "Release Date": "Mar 01 2023",
      "Production Budget": 1_000_000,
      "Worldwide Gross": 90_000_000_000,
      "Major Genre": "Drama"
    }
    const rows = [...sound, added]
    const report = await run(rows)
    expect(grown(report)).toEqual([
      "repair-future-release",
      "repair-garbled-title",
      "mend",
      "recheck",
      ...followUp
    ])
    const plain = plainFigures(rows, prices, lastYear)
    expect(plain.mended).toHaveLength(1)
    expectFigures(report, "", plain.sound)
    expectFigures(report, "-mended", [...plain.sound, ...plain.mended])
    expect(reportText()).toMatch(/\| 1920s .* Léon \|/)
  })

  it("repairs, and then does not report again, when nothing repaired passes the checks", async () => {
    const rows = [
      ...shipped.filter(isSound).slice(0, 50),
      { Title: 300, "Release Date": "Mar 09 2007", "Production Budget": 0, "Worldwide Gross": 0 }
    ]
    const report = await run(rows)
    expect(grown(report)).toEqual(["repair-numeric-title", "mend", "recheck"])
    expect(reportText()).toContain("1 with a number for a title: left out so far")
  })

  it("has an empty report of no films", async () => {
    const report = await run([])
    expect(report.status).toBe("completed")
    expect(reportText()).toContain("0 of 0 films count.")
  })
})

/*
 * Goal: runs can be read, judged and drawn in a browser, by the package that says so.
 * Method: bundle each package that knows no platform as for a page, and run the bundle where there is nothing but what
 * every browser has: no module of Node, no process, no buffers.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import vm from "node:vm"
import { rolldown } from "rolldown"
import { beforeAll, describe, expect, it } from "vitest"
import { root } from "../repository/SourceFile.ts"

/** The code of a page that has a package as its global `bundled`, and what that code still asks for. */
const bundle = async (
  source: string
): Promise<{ readonly code: string; readonly asks: ReadonlyArray<string> }> => {
  const entry = "entry.ts"
  const build = await rolldown({
    input: entry,
    platform: "browser",
    resolve: { conditionNames: ["development", "browser", "import"] },
    // What is not found is left for the page to ask for, and reported below.
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? path.join(import.meta.dirname, entry) : undefined),
        load: (id) => (path.basename(id) === entry ? { code: source, moduleType: "ts" } : undefined)
      }
    ]
  })
  const { output } = await build.generate({ format: "iife", name: "bundled", codeSplitting: false })
  await build.close()
  const [{ code, dynamicImports, fileName, imports }] = output
  // What is loaded when it is needed, as what reads expressions is, lies in the one file as well.
  return { code, asks: [...imports, ...dynamicImports].filter((asked) => asked !== fileName) }
}

/** Runs code where there is only what every browser has. */
const runAsPage = (code: string, text: string): unknown => {
  const page = {
    AbortController,
    AbortSignal,
    TextDecoder,
    TextEncoder,
    URL,
    console,
    performance,
    setTimeout,
    clearTimeout,
    text
  }
  return JSON.parse(String(vm.runInNewContext(`${code}; JSON.stringify(bundled.main(text))`, page)))
}

const golden: ReadonlyArray<{ readonly name: string; readonly ends: string; readonly log: unknown }> =
  JSON.parse(readFileSync(path.join(root, "packages/protocol/test/fixtures/events.v1.json"), "utf8"))

describe("the protocol in a browser", () => {
  let built: Awaited<ReturnType<typeof bundle>>

  beforeAll(async () => {
    built = await bundle(`
      import { Dot, Envelope, Evolve, FlowProblems, Mermaid, Outline, RunGraph, RunReport, Svg, Timeline } from "@dagflow/protocol"
      import * as Schema from "effect/Schema"

      const decode = Schema.decodeUnknownSync(Schema.Array(Envelope.Envelope))

      export const main = (text: string) => {
        const log = decode(JSON.parse(text))
        const state = Evolve.fold(log[0].runId, log)
        const graph = RunGraph.ofRun(state)
        const pictures = [Svg, Dot, Mermaid, Outline].map((one) => one.render(graph).length > 0)
        const { status, totals } = RunReport.make(state, 0)
        return { status, nodes: totals.nodes, pictures, bars: Timeline.make(state, 0).rows.length,
          problems: FlowProblems.check(state.flow).length, violations: state.violations, hasProcess: "process" in globalThis }
      }`)
  })

  it("asks for nothing of Node, and for no other file", () => {
    expect(built.asks).toEqual([])
  })

  it.each(golden)("reads, judges and draws $name", ({ ends, log }) => {
    expect(runAsPage(built.code, JSON.stringify(log))).toMatchObject({
      status: ends,
      pictures: [true, true, true, true],
      violations: [],
      hasProcess: false
    })
  })
})

it("core asks for nothing of Node, and for no other file", async () => {
  const { asks } = await bundle(`export * from "@dagflow/core"`)
  expect(asks).toEqual([])
})

it("a module of Node is found in a bundle", async () => {
  const { asks } = await bundle(
    `import { sep } from "path"\nexport const main = async () => sep + (await import("node:fs")).readFileSync("a")`
  )
  expect(asks).toEqual(["path", "node:fs"])
})

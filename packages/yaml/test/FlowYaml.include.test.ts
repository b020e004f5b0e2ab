/*
 * Goal: a flow that is spread over files is one flow, and each problem is shown in the file that has it. Method: files that
 * exist only in memory.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
import { FlowSource, FlowYaml } from "../src/index.ts"
import { brief } from "./brief.ts"

type Files = Readonly<Record<string, string>>

const memory = (files: Files) => {
  const bytesOf = (path: string) =>
    files[path] === undefined
      ? Effect.fail(
          PlatformError.systemError({
            _tag: "NotFound",
            module: "FileSystem",
            method: "stat",
            pathOrDescriptor: path
          })
        )
      : Effect.succeed(new TextEncoder().encode(files[path]))
  return Layer.mergeAll(
    Path.layer,
    FileSystem.layerNoop({
      readFile: bytesOf,
      stat: (path) =>
        Effect.map(
          bytesOf(path),
          (bytes) => ({ type: "File", size: BigInt(bytes.length) }) as unknown as FileSystem.File.Info
        )
    })
  )
}

const inspect = (files: Files, options?: FlowYaml.Options) =>
  FlowYaml.inspectFile("flows/main.yaml", options).pipe(Effect.provide(memory(files)))

const shown = (files: Files, options?: FlowYaml.Options) =>
  Effect.map(inspect(files, options), ({ problems }) =>
    problems.map((problem) => `${problem.position?.file ?? ""} ${brief(problem)}`.trim())
  )

const main = (include: string, nodes = "  report: { action: print, inputs: { rows: billing/load.rows } }") =>
  `name: main\ninclude: ${include}\nnodes:\n${nodes}\n`

const billing = `name: billing
inputs: { day: string }
nodes:
  load: { action: read, branch: load, inputs: { day: inputs.day } }
  clean:
    action: work
    branch: east
    dependencies: [load]
    inputs: { rows: "load.rows[0]", own: { ref: load.count, default: 0 }, text: plain, all: [load.rows, inputs.day] }
`

describe("FlowYaml on files that include others", () => {
  it.effect("puts the nodes under a prefix, with their dependencies, references and branches", () =>
    Effect.gen(function* () {
      const { files, flow, problems } = yield* inspect({
        "flows/main.yaml": main("[{ file: parts/billing.yaml, prefix: billing/ }]"),
        "flows/parts/billing.yaml": billing
      })
      expect(problems).toEqual([])
      expect(files).toEqual(["flows/main.yaml", "flows/parts/billing.yaml"])
      expect(flow).toEqual({
        name: "main",
        inputs: { day: { type: "string" } },
        nodes: [
          {
            id: "report",
            action: "print",
            inputs: { rows: { ref: "billing/load.rows" } },
            dependencies: ["billing/load"]
          },
          {
            id: "billing/load",
            action: "read",
            branch: "billing/load",
            inputs: { day: { ref: "inputs.day" } }
          },
          {
            id: "billing/clean",
            action: "work",
            branch: "east",
            dependencies: ["billing/load"],
            inputs: {
              rows: { ref: "billing/load.rows[0]" },
              own: { ref: "billing/load.count", default: 0 },
              text: { value: "plain" },
              all: { list: [{ ref: "billing/load.rows" }, { ref: "inputs.day" }] }
            }
          }
        ]
      })
    })
  )

  it.effect("includes one file twice, and files of files, from the folder of each", () =>
    Effect.gen(function* () {
      const { flow } = yield* inspect({
        "flows/main.yaml": main(
          "[{ file: a/part.yaml, prefix: x- }, { file: a/part.yaml, prefix: y- }]",
          "  m: work"
        ),
        "flows/a/part.yaml":
          "include: [../b/leaf.yaml]\nnodes: { part: { action: work, dependencies: leaf } }",
        "flows/b/leaf.yaml": "nodes: { leaf: work }"
      })
      expect(flow?.nodes.map(({ dependencies, id }) => [id, ...(dependencies ?? [])])).toEqual([
        ["m"],
        ["x-part", "x-leaf"],
        ["x-leaf"],
        ["y-part", "y-leaf"],
        ["y-leaf"]
      ])
    })
  )

  it.effect("shows each problem in the file that has it, in the words of that file", () =>
    Effect.gen(function* () {
      const files = {
        "flows/main.yaml": main(
          "[{ file: billing.yaml, prefix: billing/ }]",
          "  report: { action: print, dependencies: [billing/laod] }"
        ),
        "flows/billing.yaml":
          "name: billing\nnodes:\n  load: { action: raed, timeout: 0 }\n  clean: { action: work, dependencies: [laod] }\n"
      }
      expect(yield* shown(files, { actions: ["read", "work", "print"] })).toEqual([
        "flows/main.yaml UnknownDependency 4:43 → billing/load",
        "flows/billing.yaml UnknownAction 3:19 → read",
        "flows/billing.yaml InvalidValue 3:34",
        "flows/billing.yaml UnknownDependency 4:41 → load"
      ])
      const { problems } = yield* inspect(files)
      expect(problems.at(-1)?.excerpt).toContain('^^^^ did you mean "load"?')
      expect(problems.at(-1)?.path).toEqual(["nodes", "clean", "dependencies", 0])
    })
  )

  it.effect("says the same of a file once, however often it is included", () =>
    Effect.gen(function* () {
      const twice = yield* shown({
        "flows/main.yaml": main("[{ file: a.yaml, prefix: x- }, { file: a.yaml, prefix: y- }]", "  m: work"),
        "flows/a.yaml": "nodes: { a: { action: work, tires: 3 } }"
      })
      expect(twice).toEqual(["flows/a.yaml UnknownKey 1:29"])
    })
  )

  it.effect("refuses files that include each other, with the way round", () =>
    Effect.gen(function* () {
      const { problems } = yield* inspect({
        "flows/main.yaml": main("[a.yaml]"),
        "flows/a.yaml": "include: [b.yaml]",
        "flows/b.yaml": "include: [{ file: ../flows/a.yaml, prefix: x }]"
      })
      expect(problems.map(brief)).toEqual(["CycleFound 1:19"])
      expect(problems[0]?.message).toContain("flows/a.yaml → flows/b.yaml → flows/a.yaml")
      expect(problems[0]?.position?.file).toBe("flows/b.yaml")
      expect(yield* shown({ "flows/main.yaml": main("[main.yaml]") })).toEqual([
        "flows/main.yaml CycleFound 2:11"
      ])
    })
  )

  it.effect("reports a missing file where it is asked for, and nothing that follows from it", () =>
    Effect.gen(function* () {
      expect(yield* shown({ "flows/main.yaml": main("[{ file: gone.yaml, prefix: billing/ }]") })).toEqual([
        "flows/main.yaml UnreadableFile 2:19"
      ])
      expect(yield* shown({ "flows/main.yaml": main("[bad.yaml]"), "flows/bad.yaml": "nodes: {" })).toEqual([
        "flows/bad.yaml SyntaxError 1:9"
      ])
    })
  )

  it.effect("refuses what an included file may not have, and ids that two files give", () =>
    Effect.gen(function* () {
      expect(
        yield* shown({
          "flows/main.yaml": main("[{ file: a.yaml }]", "  a: work"),
          "flows/a.yaml": "config: { maxParallel: 1 }\nnodes:\n  a: work"
        })
      ).toEqual(["flows/a.yaml UnsupportedKey 1:1", "flows/a.yaml DuplicateNode 3:3"])
    })
  )

  it.effect("refuses two declarations of an input that differ", () =>
    Effect.gen(function* () {
      const files = (type: string) => ({
        "flows/main.yaml": `inputs: { day: string }\n${main("[a.yaml]", "  m: work")}`,
        "flows/a.yaml": `inputs: { day: ${type} }\nnodes: { a: work }`
      })
      expect(yield* shown(files("string"))).toEqual([])
      expect(yield* shown(files("integer"))).toEqual(["flows/a.yaml InvalidValue 1:11"])
    })
  )

  it.effect("refuses includes that are not what they must be", () =>
    Effect.gen(function* () {
      const problems = (include: string) =>
        shown({ "flows/main.yaml": main(include, "  m: work"), "flows/a.yaml": "nodes: { a: work }" })
      expect(yield* problems("a.yaml")).toEqual(["flows/main.yaml InvalidValue 2:10"])
      expect(yield* problems("[{ prefix: x }]")).toEqual(["flows/main.yaml MissingKey 2:11"])
      expect(yield* problems("[{ file: a.yaml, prefix: a. }]")).toEqual(["flows/main.yaml InvalidValue 2:35"])
      expect(yield* problems("[{ file: a.yaml, preifx: a }]")).toEqual([
        "flows/main.yaml UnknownKey 2:27 → prefix"
      ])
    })
  )

  it.effect("ends when files double with each include", () =>
    Effect.gen(function* () {
      const level = (index: number) =>
        `include: [{ file: f${index + 1}.yaml, prefix: a }, { file: f${index + 1}.yaml, prefix: b }]\n`
      const files = Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`flows/f${index}.yaml`, level(index)])
      )
      const { flow, problems } = yield* inspect({
        ...files,
        "flows/main.yaml": main("[f0.yaml]", "  m: work"),
        "flows/f40.yaml": "nodes: { a: work }"
      })
      expect(flow).toBeUndefined()
      expect(problems.map(({ code }) => code)).toEqual(["LimitExceeded"])
    })
  )

  it.effect("cannot include files into a text, which is in no folder", () =>
    Effect.gen(function* () {
      const { problems } = yield* FlowYaml.inspect(main("[a.yaml]"))
      expect(problems.map(brief)).toEqual(["UnreadableFile 2:11"])
    })
  )

  it.effect("finds the place of every node, and of problems that others find later", () =>
    Effect.gen(function* () {
      const source = yield* inspect({
        "flows/main.yaml": main("[{ file: billing.yaml, prefix: billing/ }]"),
        "flows/billing.yaml": billing
      })
      expect(FlowSource.positionOf(source, "report")).toMatchObject({
        file: "flows/main.yaml",
        line: 4,
        column: 3
      })
      expect(FlowSource.positionOf(source, "billing/clean")).toMatchObject({
        file: "flows/billing.yaml",
        line: 5
      })
      expect(FlowSource.positionOf(source, "ghost")).toBeUndefined()
      const later = FlowSource.locate(source, {
        code: "BindingMismatch",
        severity: "error",
        message: "not a list",
        path: ["nodes", 2, "inputs", "rows"],
        suggestion: "billing/load.all"
      })
      expect(later).toMatchObject({
        position: { file: "flows/billing.yaml", line: 9, column: 21 },
        path: ["nodes", "clean", "inputs", "rows"],
        suggestion: "load.all"
      })
      expect(FlowSource.locate(source, later)).toBe(later)
      expect(FlowSource.locate({ map: undefined }, later)).toBe(later)
    })
  )
})

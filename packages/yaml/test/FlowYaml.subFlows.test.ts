/*
 * Goal: a node may run a flow, as it stands in the file or as another file has it, and what is wrong in there is said where it
 * stands.
 * Method: texts, and real files in a folder.
 */
import { NodeServices } from "@effect/platform-node"
import { expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { FlowYaml } from "../src/index.ts"

const inline = `name: outer
nodes:
  load: read
  review:
    flow:
      inputs: { text: string }
      config: { maxParallel: 2 }
      nodes:
        check: { action: check, inputs: { text: inputs.text } }
        verdict: { action: judge, inputs: { notes: check.notes } }
    returns: { verdict: verdict }
    inputs: { text: load.text }
  publish: { action: write, inputs: { text: review.verdict.text } }
`

const problems = (text: string) =>
  Effect.map(FlowYaml.inspect(text, { actions: ["read", "check", "judge", "write"] }), (source) =>
    source.problems.map(
      ({ code, message, position }) => `${position?.line}:${position?.column} ${code}: ${message}`
    )
  )

const folderWith = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const fileSystem = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const folder = yield* fileSystem.makeTempDirectoryScoped()
  for (const [name, content] of Object.entries(files))
    yield* fileSystem.writeFileString(join(folder, name), content)
  return (name: string) => join(folder, name)
})

layer(NodeServices.layer)("a flow inside of a node", (it) => {
  it.effect("is read where it stands, and written as it was read", () =>
    Effect.gen(function* () {
      const flow = yield* FlowYaml.parse(inline)
      expect(flow.nodes[1]).toEqual({
        id: "review",
        action: "review",
        flow: {
          name: "review",
          inputs: { text: { type: "string" } },
          config: { maxParallel: 2 },
          nodes: [
            { id: "check", action: "check", inputs: { text: { ref: "inputs.text" } } },
            {
              id: "verdict",
              action: "judge",
              inputs: { notes: { ref: "check.notes" } },
              dependencies: ["check"]
            }
          ]
        },
        returns: { verdict: "verdict" },
        inputs: { text: { ref: "load.text" } },
        dependencies: ["load"]
      })
      expect(yield* FlowYaml.parse(FlowYaml.stringify(flow))).toEqual(flow)
    })
  )

  it.effect("is read from a file, which is looked for beside the one that names it", () =>
    Effect.gen(function* () {
      const at = yield* folderWith({
        "outer.yaml": "name: outer\nnodes:\n  a: { flow: inner.yaml, inputs: { x: 1 } }\n",
        "inner.yaml":
          "name: inner\ninclude: [more.yaml]\nnodes:\n  b: { action: work, when: inputs.x == 1 }\n",
        "more.yaml": "nodes:\n  c: work\n"
      })
      const source = yield* FlowYaml.inspectFile(at("outer.yaml"), { actions: ["work"] })
      expect(source.problems).toEqual([])
      expect(source.flow?.nodes[0]).toMatchObject({
        action: "inner",
        flow: { name: "inner", nodes: [{ id: "b" }, { id: "c" }] }
      })
      expect(source.files).toEqual(["outer", "inner", "more"].map((name) => at(`${name}.yaml`)))
    })
  )

  it.effect("has its mistakes where they stand, also in another file", () =>
    Effect.gen(function* () {
      const wrong = inline.replace("action: judge", "action: jugde").replace("check.notes", "chekc.notes")
      expect(yield* problems(wrong.replace("text: load.text", "txt: load.text"))).toMatchInlineSnapshot(`
        [
          "4:3 MissingInput: node "review" does not give the input "text" that flow "review" requires",
          "10:28 UnknownAction: in the flow of node "review": node "verdict" asks for action "jugde", which is not registered",
          "10:52 UnknownReference: "chekc.notes" is taken as a text, since there is no node "chekc"; write { value: … } if that is meant",
          "12:20 UnknownInput: node "review" gives the input "txt", which flow "review" does not take",
        ]
      `)
      const at = yield* folderWith({
        "outer.yaml": "name: outer\nnodes:\n  a: { flow: inner.yaml }\n",
        "inner.yaml": "name: inner\nnodes:\n  b: { action: wrok }\n"
      })
      const { problems: found } = yield* FlowYaml.inspectFile(at("outer.yaml"), { actions: ["work"] })
      expect(
        found.map(({ code, position, suggestion }) => [code, position?.file, position?.line, suggestion])
      ).toEqual([["UnknownAction", at("inner.yaml"), 3, "work"]])
    })
  )

  it.effect("cannot be a file that runs this one again", () =>
    Effect.gen(function* () {
      const at = yield* folderWith({
        "outer.yaml": "name: outer\nnodes:\n  a: { flow: inner.yaml }\n",
        "inner.yaml": "name: inner\nnodes:\n  b: { flow: outer.yaml }\n"
      })
      const { flow, problems: found } = yield* FlowYaml.inspectFile(at("outer.yaml"))
      expect(flow).toBeUndefined()
      const way = ["outer", "inner", "outer"].map((name) => at(`${name}.yaml`)).join(" → ")
      expect(found.map(({ code, message }) => `${code}: ${message}`)).toEqual([
        `CycleFound: these files include or run each other: ${way}`
      ])
    })
  )

  it.effect("is refused where it can be none", () =>
    Effect.gen(function* () {
      expect(yield* problems("name: f\nnodes:\n  a: { flow: other.yaml }\n")).toEqual([
        "3:14 UnreadableFile: a text cannot run the flow of a file: load the flow from a file, or write the other one in it"
      ])
      expect(yield* problems("name: f\nnodes:\n  a: { flow: 5 }\n")).toEqual([
        `3:14 InvalidValue: "flow" is a flow, or the path of a file that has one`
      ])
      expect(
        yield* problems("name: f\nnodes:\n  a: { flow: { nodes: { b: check } }, action: check }\n")
      ).toEqual([`3:39 InvalidValue: "flow" and "action" say the same thing: give one of them`])
      expect(
        yield* problems("name: f\nnodes:\n  a: { flow: { include: [x.yaml], nodes: { b: check } } }\n")
      ).toEqual([
        "3:16 UnsupportedKey: a flow inside of a node includes no files: give the path of a file that does"
      ])
    })
  )
})

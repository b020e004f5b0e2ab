import { describe, expect, it } from "vitest"
import { FlowProblems, type NodeSpec } from "../../src/index.ts"

const node = (
  id: string,
  intent: NodeSpec.NodeSpec["intent"],
  ...dependencies: ReadonlyArray<string>
): NodeSpec.NodeSpec => ({
  id,
  action: "work",
  ...(intent !== undefined && { intent }),
  ...(dependencies.length > 0 && { dependencies })
})

const warnings = (...nodes: ReadonlyArray<NodeSpec.NodeSpec>) =>
  FlowProblems.check({ name: "flow", nodes }).map(({ code, message, path, severity }) => [
    code,
    severity,
    path.join("."),
    message
  ])

describe("row 131: diamonds", () => {
  it("are warned of where two transforms are equally deep, at the node that reads one of them and at the end", () => {
    expect(
      warnings(
        node("a", "transform"),
        node("right", "transform", "a"),
        node("left", "transform", "a"),
        node("join", "analyze", "left", "right")
      )
    ).toEqual([
      [
        "AmbiguousPayload",
        "warning",
        "nodes",
        'the run ends with the payload of "left" and not that of "right", which is as deep: only their ids decide'
      ],
      [
        "AmbiguousPayload",
        "warning",
        "nodes.3.dependencies",
        'node "join" reads the payload of "left" and not that of "right", which is as deep: only their ids decide'
      ]
    ])
  })

  it.each([
    [
      "of analyses",
      [
        node("a", "transform"),
        node("b", "analyze", "a"),
        node("c", "analyze", "a"),
        node("d", "transform", "b", "c")
      ]
    ],
    [
      "of a transform and analyses",
      [
        node("a", "transform"),
        node("b", "transform", "a"),
        node("c", "analyze", "a"),
        node("d", "transform", "b", "c")
      ]
    ],
    [
      "of which one way is longer",
      [
        node("a", "transform"),
        node("b", "transform", "a"),
        node("c", "transform", "a"),
        node("c2", "transform", "c"),
        node("d", "transform", "b", "c2")
      ]
    ],
    [
      "of nodes without an intent",
      [
        node("a", undefined),
        node("b", undefined, "a"),
        node("c", undefined, "a"),
        node("d", undefined, "b", "c")
      ]
    ],
    [
      "whose join binds the payload itself",
      [
        node("a", "transform"),
        node("b", "transform", "a"),
        node("c", "transform", "a"),
        { ...node("d", "transform", "b", "c"), inputs: { payload: { ref: "c.payload" } } }
      ]
    ]
  ])("are no race: %s", (_, nodes) => {
    expect(warnings(...nodes)).toEqual([])
  })
})

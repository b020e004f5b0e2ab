/*
 * Goal: a mistake in a flow in TypeScript that types cannot see, or that somebody without types makes, is never thrown
 * while the flow is built; it is a problem with the line that made it, beside all other problems.
 * Method: each test casts its mistake past the compiler, and asks the plan for what is wrong.
 */
import { Action, Flow, type FlowBuilder, Plan, type ValueRef } from "@dagflow/core"
import type { DefinitionError } from "@dagflow/protocol"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { actions, errorsOf, load, print, tidy } from "./planActions.ts"

type Builder = FlowBuilder.FlowBuilder<"report">

const problemsOf = (build: (f: Builder) => void) =>
  errorsOf(Flow.make("report", (f) => build(f))).map(({ code, message, path }) => ({
    code,
    message,
    path: path.join(".")
  }))

const nowhere: ReadonlyArray<unknown> = []

describe("values of another flow", () => {
  const other = () => {
    const values: Array<{
      readonly node: ReturnType<Builder["node"]>
      readonly value: ValueRef.ValueRef<"report", string>
    }> = []
    Flow.make("report", (f) => {
      const node = f.node("users", load, { limit: 1 })
      values.push({ node, value: node.out.title })
    })
    const [only] = values
    if (only === undefined) throw new Error("the flow was not built")
    return only
  }

  it("are refused although that flow has the same name", () => {
    const { node, value } = other()
    const problems = problemsOf((f) => {
      f.node("users", load, { limit: 1 })
      f.node("print", print, { text: value }, { dependsOn: [node] })
    })
    expect(problems).toEqual([
      {
        code: "UnknownReference",
        path: "nodes.1.inputs.text",
        message:
          'node "print" takes its input "text" from a value of another flow than "report"; only nodes and values of the same flow can be connected'
      },
      {
        code: "UnknownDependency",
        path: "nodes.1.dependencies.0",
        message:
          'node "print" depends on a node of another flow than "report"; only nodes and values of the same flow can be connected'
      }
    ])
  })

  it("are refused in a list, at their position", () => {
    const { value } = other()
    const read = Action.fn("read", (input: { parts: ReadonlyArray<string> }) => void input)
    const problems = problemsOf((f) => {
      f.node("read", read, { parts: [f.node("users", load, { limit: 1 }).out.title, value] })
    })
    expect(problems).toEqual([
      {
        code: "UnknownReference",
        path: "nodes.1.inputs.parts.list.1",
        message: expect.stringContaining('takes its input "parts[1]" from a value of another flow')
      }
    ])
  })

  it("are refused inside one another", () => {
    const flow = Flow.make("report", (outer) => {
      const { title } = outer.node("users", load, { limit: 1 }).out
      const inner = Flow.make("report", (f) => void f.node("print", print, { text: title }))
      expect(errorsOf(inner).map(({ code }) => code)).toEqual(["UnknownReference"])
    })
    expect(errorsOf(flow)).toEqual([])
  })

  it("are refused in what the flow returns", () => {
    const { node } = other()
    const flow = Flow.make("report", () => ({ users: node, none: undefined as never }))
    expect(errorsOf(flow).map(({ message }) => message)).toEqual([
      'the flow returns "users", which is no node of it',
      'the flow returns "none", which is no node of it'
    ])
  })
})

describe("values that no reference can name", () => {
  it("are refused by key and by index", () => {
    const record = Action.fn("record", () => ({ of: {} as Record<string, string>, list: [""], "a.b": "" }))
    const problems = problemsOf((f) => {
      const { of, list, ...rest } = f.node("r", record).out
      f.node("a", print, { text: of.at("x.y") })
      f.node("b", print, { text: of.at("") })
      f.node("c", print, { text: list.at(-1) })
      f.node("d", print, { text: list.at(0.5) })
      f.node("e", print, { text: list.at(1e9) })
      f.node("f", print, { text: f.node("r2", record).out["a.b"] })
      f.node("g", print, { text: of.at("plain").or("") })
      void rest
    })
    expect(problems.map(({ code, path }) => [code, path])).toEqual(
      [1, 2, 3, 4, 5, 7].map((node) => ["MalformedReference", `nodes.${node}.inputs.text`])
    )
  })

  it("are refused when a text of the environment names no variable", () => {
    const problems = problemsOf((f) => void f.node("a", print, { text: Flow.env("plain") }))
    expect(problems.map(({ message }) => message)).toEqual([
      'input "text" of node "a": the text names no variable of the environment, as "${env.NAME}" does: give it as a literal'
    ])
  })

  it("are refused in a list, at their position", () => {
    const record = Action.fn("record", () => ({ of: {} as Record<string, string> }))
    const read = Action.fn("read", (input: { parts: ReadonlyArray<string> }) => void input)
    const problems = problemsOf((f) => {
      const { of } = f.node("r", record).out
      f.node("a", read, { parts: [of.at("fine").or(""), of.at("x.y").or("")] })
    })
    expect(problems).toEqual([
      {
        code: "MalformedReference",
        path: "nodes.1.inputs.parts.list.1",
        message: expect.stringMatching(
          /^input "parts\[1\]" of node "a": no reference can name the key "x\.y"/
        )
      }
    ])
  })

  it("are refused deeper inside a literal, which holds no references", () => {
    const problems = problemsOf((f) => {
      const users = f.node("users", load, { limit: 1 })
      f.node("a", tidy, { what: { deep: [users.out.title] } as never })
    })
    expect(problems).toEqual([
      {
        code: "InvalidValue",
        path: "nodes.1.inputs.what",
        message:
          'inputs.what of node "a": a reference has to be the input itself or an item of it, it cannot be deeper inside of a literal'
      }
    ])
  })
})

describe("nodes", () => {
  it("of one id are refused", () => {
    expect(
      problemsOf((f) => {
        f.node("a", tidy)
        f.node("a", tidy)
      })
    ).toEqual([{ code: "DuplicateNode", path: "nodes.1.id", message: 'there is more than one node "a"' }])
  })

  it("with different actions of one name are refused", () => {
    expect(
      problemsOf((f) => {
        f.node("a", tidy)
        f.node(
          "b",
          Action.fn("tidy", () => {})
        )
        f.node(
          "c",
          Action.fn("sweep", () => {}),
          {},
          { failure: Action.fn("tidy", () => {}) }
        )
        f.node("d", tidy)
      }).map(({ path, message }) => [path, message.slice(0, 50)])
    ).toEqual([
      ["nodes.1.action", 'node "b" uses another action named "tidy" than a n'],
      ["nodes.2.action", 'node "c" uses another action named "tidy" than a n']
    ])
  })

  it("that are given neither an action nor a flow are refused, with what they are given", () => {
    const given = [undefined, { name: "load" }, {}, "load", () => ({})]
    const problems = problemsOf((f) => {
      for (const work of given) f.nodeOf(work as never, {} as never)
    })
    const what = ["nothing", '"load", which does not run,', "an object", 'the string "load"', "a function"]
    expect(problems).toEqual(
      what.map((text, index) => ({
        code: "UnknownAction",
        path: `nodes.${index}.action`,
        message: `node "nothing_${index + 1}" is given ${text} where its action belongs; give it what Action.make or Action.fn returns, or a flow`
      }))
    )
  })

  it("that come after the flow was made are refused", () => {
    const kept: Array<Builder> = []
    const flow = Flow.make("report", (f) => {
      kept.push(f)
      f.node("a", tidy)
    })
    expect(errorsOf(flow)).toEqual([])
    kept[0]?.node("late", tidy)
    expect(flow.spec.nodes).toHaveLength(1)
    const [problem] = errorsOf(flow)
    expect(problem).toMatchObject({
      code: "InvalidValue",
      nodeId: "late",
      position: { line: expect.any(Number) }
    })
  })

  it("with ids that nothing can refer to are refused", () => {
    const ids = ["", "a.b", "a#1", "a[0]", "inputs", " a", "x".repeat(257)]
    const problems = problemsOf((f) => ids.forEach((id) => f.node(id, tidy)))
    expect(problems.map(({ code, path }) => [code, path])).toEqual(
      ids.map((_, index) => ["InvalidValue", `nodes.${index}.id`])
    )
  })

  it("with options that do not exist, or are out of bounds, are refused", () => {
    const problems = problemsOf((f) => {
      f.node("a", tidy, {}, { timeout: "soon" as never, retries: 3 } as {})
      f.node("b", tidy, {}, { retry: { tries: 0, initial: "later" as never, max: "2 days" } })
      f.node("c", tidy, {}, { timeout: 0, priority: 1.5, branch: "", trigger: "any" as never })
      f.node("d", tidy, {}, { metadata: { made: nowhere as never, by: (() => {}) as never } })
    })
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'nodes.0.retries: a node has no option "retries"',
      'nodes.0.timeoutMillis: "soon" is not a duration: write one such as "30 seconds"',
      'nodes.1.retry.initialMillis: "later" is not a duration: write one such as "30 seconds"',
      'nodes.1.retry.tries: retry.tries of node "b": expected a value between 1 and 1000',
      'nodes.1.retry.maxMillis: retry.maxMillis of node "b": expected a value between 0 and 86400000',
      expect.stringMatching(/^nodes\.2\.trigger: trigger of node "c": expected "all_success" \| /),
      'nodes.2.timeoutMillis: timeoutMillis of node "c": expected a value between 1 and 86400000',
      'nodes.2.priority: priority of node "c": expected an integer',
      'nodes.2.branch: branch of node "c": expected a value with a length between 1 and 256',
      'nodes.3.metadata.by: metadata.by of node "d": expected JSON value'
    ])
  })
})

describe("a flow", () => {
  it("with options that do not exist, or are out of bounds, is refused", () => {
    const flow = Flow.make(
      "",
      { config: { timeout: "never" as never, maxParallel: 0 }, colour: "red", tags: "one" as never } as {},
      () => {}
    )
    expect(errorsOf(flow).map(({ code, path }) => [code, path.join(".")])).toEqual([
      ["InvalidValue", "config.timeoutMillis"],
      ["UnknownKey", "colour"],
      ["InvalidValue", "name"],
      ["InvalidValue", "tags"],
      ["InvalidValue", "config.maxParallel"]
    ])
  })

  it("with many mistakes is refused with all of them, in the order of its nodes", () => {
    const flow = Flow.make(
      "report",
      { inputs: { title: Flow.input(Schema.Int, { default: "x" as never }) } },
      (f) => {
        const users = f.node("users", load, { limit: "ten" as never }, { timeout: -1 })
        f.node("users", print, { txet: 1 } as never)
        f.node("rows", print, { text: users.out.rows as never })
        f.node("last", print, { text: (users.out as unknown as Record<string, never>)["titel"] as never })
      }
    )
    expect(errorsOf(flow).map(({ code, nodeId, suggestion }) => [code, nodeId, suggestion])).toEqual([
      ["InvalidValue", undefined, undefined],
      ["InvalidValue", "users", undefined],
      ["BindingMismatch", "users", undefined],
      ["DuplicateNode", "users", undefined],
      ["MissingInput", "users", undefined],
      ["UnknownInput", "users", "text"],
      ["BindingMismatch", "rows", undefined],
      ["UnknownReference", "last", "users.title"]
    ])
  })
})

describe("positions", () => {
  it("are those of the calls that added the nodes", () => {
    const lines: Array<number> = []
    const here = () => Number(/:(\d+):\d+\)?$/.exec((new Error().stack ?? "").split("\n")[2] ?? "")?.[1])
    const flow = Flow.make("report", (f) => {
      lines.push(here() + 1)
      f.node("a", load, {} as never)
      lines.push(here() + 1)
      f.nodeOf(load, { limit: "x" as never })
    })
    const problems = errorsOf(flow)
    expect(problems.map(({ position }) => position?.line)).toEqual(lines)
    for (const { position } of problems)
      expect(position?.file).toMatch(/test[\\/]plan[\\/]mistakes\.test\.ts$/)
    const { failure } = Plan.make(flow, { actions, runId: "run" }) as Result.Failure<never, DefinitionError>
    expect(failure.message).toContain(`mistakes.test.ts:${lines[0]}:`)
  })

  it("are left out where the engine of the language tells none", () => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    const flow = Flow.make("report", (f) => void f.node("a", load, {} as never))
    Error.stackTraceLimit = stackTraceLimit
    const [problem] = errorsOf(flow)
    expect(problem).toMatchObject({ code: "MissingInput", nodeId: "a" })
    expect(problem).not.toHaveProperty("position")
  })

  it("are kept for the first thousand nodes, after which adding one costs no look at the stack", () => {
    const flow = Flow.make("report", (f) => {
      for (let n = 0; n < 1002; n++) f.node(`n${n}`, load, {} as never)
    })
    const placed = errorsOf(flow).map(({ position }) => position !== undefined)
    expect(placed.lastIndexOf(true)).toBe(999)
    expect(placed).toHaveLength(1002)
  })
})

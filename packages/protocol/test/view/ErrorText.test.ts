import { describe, expect, it } from "vitest"
import {
  ColourMode,
  DefinitionError,
  DocsSlug,
  ErrorText,
  type FrontierContext,
  NodeError,
  type Problem,
  ProblemCode,
  type Rejection,
  RunError,
  type RunReason,
  StoreError,
  type StoreReason
} from "../../src/index.ts"

const context: FrontierContext.FrontierContext = {
  runId: "nightly-1",
  flow: "nightly",
  sequence: 412,
  frontier: { count: 0, first: [] },
  running: { count: 1, first: ["enrich"] },
  retrying: { count: 0, first: [] },
  waiting: { count: 0, first: [] },
  pending: { count: 25, first: ["load", "report"] },
  failed: { count: 2, first: ["transform", "verify"] },
  completed: 31,
  skipped: 2,
  cancelled: 0
}

const broken: NodeError.NodeError = {
  cause: "Thrown",
  tag: "TypeError",
  message: "Cannot read properties of undefined (reading 'email')\nsecond line",
  isRetryable: true,
  chain: [
    { tag: "RowError", message: "row 17 is empty" },
    { tag: "Error", message: "no such column" }
  ],
  stack: ["    at mapUser (tasks/transform.ts:48:22)"],
  logs: ["read 1,204 rows", "mapping"]
}

const nodesFailed: RunReason = {
  _tag: "NodesFailed",
  nodes: [
    { nodeId: "transform", attempts: 3, error: broken },
    {
      nodeId: "verify",
      attempts: 1,
      error: { cause: "TimedOut", tag: "TimeoutError", message: "after 5000 ms", isRetryable: true }
    }
  ]
}

/** One of every reason for a run; a missing one does not compile. */
const runReasons: { readonly [Tag in RunReason["_tag"]]: Extract<RunReason, { readonly _tag: Tag }> } = {
  NodesFailed: nodesFailed,
  TimedOut: { _tag: "TimedOut", timeoutMillis: 60_000 },
  Stalled: { _tag: "Stalled", nodeIds: ["a", "b"] },
  HookFailed: { _tag: "HookFailed", hook: "audit", message: "no answer" },
  BudgetExhausted: {
    _tag: "BudgetExhausted",
    shortages: [
      {
        resource: "tokens",
        limit: 500,
        spent: 480,
        needed: 100,
        nodeId: "summary",
        nodes: [{ nodeId: "draft", spent: 480 }],
        branches: []
      }
    ]
  },
  ChannelFailed: { _tag: "ChannelFailed", channel: "cost", step: 3, nodeId: "a", message: "too much" },
  LimitReached: { _tag: "LimitReached", limit: "maxIterations", maximum: 5, step: 9, frontier: ["a#7"] },
  ReducersMissing: { _tag: "ReducersMissing", missing: ["best"], changed: [] },
  ChannelsChanged: { _tag: "ChannelsChanged", channels: [{ channel: "log", recorded: 1, declared: 2 }] },
  Cancelled: { _tag: "Cancelled", reason: "enough" },
  Waiting: { _tag: "Waiting", reasons: ["the run is paused"] },
  Parked: { _tag: "Parked" },
  InvalidInput: { _tag: "InvalidInput", message: 'input "day" is missing' },
  CommandRejected: {
    _tag: "CommandRejected",
    command: "AddNode",
    rejection: { _tag: "DuplicateNode", nodeId: "a" }
  },
  RunExists: { _tag: "RunExists" },
  RunNotFound: { _tag: "RunNotFound" },
  RunNotOwned: { _tag: "RunNotOwned", owner: "process-b" },
  ActionsMissing: {
    _tag: "ActionsMissing",
    missing: ["mail"],
    changed: [{ action: "http", recorded: "1", registered: "2" }]
  },
  FlowChanged: { _tag: "FlowChanged", recordedHash: "a", givenHash: "b" },
  InputsChanged: { _tag: "InputsChanged", names: ["day"] },
  StoreFailed: {
    _tag: "StoreFailed",
    operation: "append",
    reason: { _tag: "Unavailable", message: "disk full" }
  },
  WouldDeadlock: { _tag: "WouldDeadlock", message: "a hook waited for its own command" }
}

const storeReasons: { readonly [Tag in StoreReason["_tag"]]: Extract<StoreReason, { readonly _tag: Tag }> } =
  {
    SequenceConflict: { _tag: "SequenceConflict", expected: 4, actual: 6 },
    OwnershipLost: { _tag: "OwnershipLost", epoch: 1, actual: 2 },
    RunExists: { _tag: "RunExists" },
    RunNotFound: { _tag: "RunNotFound" },
    Unavailable: { _tag: "Unavailable", message: "disk full" },
    Corrupt: { _tag: "Corrupt", message: "not a database" },
    Unsupported: { _tag: "Unsupported", ability: "changes" },
    TooLarge: { _tag: "TooLarge", bytes: 20, maximum: 10 }
  }

const rejections: {
  readonly [Tag in Rejection.Rejection["_tag"]]: Extract<Rejection.Rejection, { readonly _tag: Tag }>
} = {
  DuplicateNode: { _tag: "DuplicateNode", nodeId: "a" },
  UnknownNode: { _tag: "UnknownNode", nodeId: "a", suggestion: "b" },
  UnknownAction: { _tag: "UnknownAction", nodeId: "a", action: "http" },
  UnknownDependency: { _tag: "UnknownDependency", nodeId: "a", dependency: "fecth", suggestion: "fetch" },
  CycleFound: { _tag: "CycleFound", path: ["a", "b", "a"] },
  NodeAlreadyStarted: { _tag: "NodeAlreadyStarted", nodeId: "a", status: "running" },
  UnknownBranch: { _tag: "UnknownBranch", branch: "red" },
  LimitReached: { _tag: "LimitReached", limit: "nodesMax", maximum: 10, requested: 11 },
  InvalidInput: { _tag: "InvalidInput", message: "no" },
  WrongRun: { _tag: "WrongRun", expected: "run-1", given: "run-2" },
  RunEnded: { _tag: "RunEnded", status: "failed" },
  AlreadyAnswered: { _tag: "AlreadyAnswered", nodeId: "a", winner: "signal", atMillis: 0, by: "Ada" },
  NotWaiting: { _tag: "NotWaiting", nodeId: "a", status: "skipped" },
  UnknownChannel: { _tag: "UnknownChannel", channel: "a", suggestion: "b" },
  NotAllowed: { _tag: "NotAllowed", message: "an observing hook may not command" }
}

const problemOf = (code: Problem["code"], more: Partial<Problem> = {}): Problem => ({
  code,
  severity: "error",
  message: `${code} here`,
  path: ["nodes", 2, "dependencies", 0],
  ...more
})

describe("ErrorText, plain", () => {
  it("tells of failed nodes with causes, stack, log lines, frontier and the next step", () => {
    const error = new RunError({ reason: nodesFailed, runId: "nightly-1", context })
    expect(ErrorText.render(error)).toMatchInlineSnapshot(`
      "error[NodesFailed]: run "nightly-1": 2 nodes failed
        ✗ transform (Thrown, 3 attempts): TypeError: Cannot read properties of undefined (reading 'email')
          second line
          at mapUser (tasks/transform.ts:48:22)
          caused by RowError: row 17 is empty
          caused by Error: no such column
          last lines logged
          | read 1,204 rows
          | mapping
        ✗ verify (TimedOut, 1 attempt): TimeoutError: after 5000 ms
      where the run stood (flow "nightly", event 412)
        failed    2  transform, verify
        running   1  enrich
        pending   25  load, report and 23 more
        31 completed, 2 skipped, 0 cancelled
      next
        Fix the action where its stack points, then run the flow again.
      see docs/errors/nodes-failed.md, docs/errors/thrown.md
      "
    `)
  })

  it("tells of a definition with every problem at its place", () => {
    const position = { file: "nightly.yaml", line: 7, column: 13 }
    const excerpt = "7 |     needs: [fetc]\n  |             ^^^^"
    const error = new DefinitionError({
      problems: [
        problemOf("UnknownDependency", {
          message: 'node "transform" needs "fetc", which does not exist',
          position,
          excerpt,
          suggestion: "fetch"
        }),
        problemOf("CycleFound", { message: "these nodes wait for each other: a → c → b → a" }),
        problemOf("DuplicateEdge", {
          severity: "warning",
          message: '"publish" lists "transform" twice',
          path: []
        })
      ]
    })
    expect(ErrorText.render(error)).toMatchInlineSnapshot(`
      "error[UnknownDependency]: node "transform" needs "fetc", which does not exist
        --> nightly.yaml:7:13
        7 |     needs: [fetc]
          |             ^^^^
        = did you mean "fetch"?
      error[CycleFound]: these nodes wait for each other: a → c → b → a
        --> nodes.2.dependencies.0
      warning[DuplicateEdge]: "publish" lists "transform" twice
      the flow cannot run: 2 errors, 1 warning
      next
        Depend on a node that exists, or add the missing one.
        Remove one of the dependencies of the cycle.
        Name each dependency once.
      see docs/errors/unknown-dependency.md, docs/errors/cycle-found.md, docs/errors/duplicate-edge.md
      "
    `)
  })

  it("tells of a store", () => {
    const reason = storeReasons.SequenceConflict
    expect(ErrorText.render(new StoreError({ reason, operation: "append", runId: "nightly-1" })))
      .toMatchInlineSnapshot(`
      "error[SequenceConflict]: store: append of run "nightly-1": the log ends at 6, not at 4: somebody else wrote to the run
      next
        Read the run again; another process writes to it.
      see docs/errors/sequence-conflict.md
      "
    `)
    expect(ErrorText.render(new StoreError({ reason: storeReasons.Unavailable, operation: "list" })))
      .toMatchInlineSnapshot(`
      "error[Unavailable]: store: list: the store is not available: disk full
        = the same operation may succeed later
      next
        Check that the store can be reached, then try again.
      see docs/errors/unavailable.md
      "
    `)
  })

  it("tells of a refused command", () => {
    expect(ErrorText.render(rejections.UnknownDependency)).toMatchInlineSnapshot(`
      "error[UnknownDependency]: command refused: node "a" depends on "fecth", which does not exist; did you mean "fetch"?
      next
        Depend on nodes that exist or are added by the same command.
      see docs/errors/unknown-dependency.md
      "
    `)
  })

  it("tells of a run that another process has taken up, or whose store is away", () => {
    expect(ErrorText.render(new RunError({ reason: runReasons.RunNotOwned, runId: "r" })))
      .toMatchInlineSnapshot(`
      "error[RunNotOwned]: run "r": another process has taken it up (process-b)
        = the same call may succeed later
      next
        Watch the run, or send it commands through the store; its owner goes on with it.
      see docs/errors/run-not-owned.md
      "
    `)
    expect(ErrorText.render(new RunError({ reason: runReasons.StoreFailed, runId: "r" })))
      .toMatchInlineSnapshot(`
      "error[StoreFailed]: run "r": its log could not be used (append: Unavailable: disk full)
        = the same call may succeed later
      next
        Check that the store can be reached, then try again.
      see docs/errors/store-failed.md, docs/errors/unavailable.md
      "
    `)
  })

  it("writes out five failed nodes and counts the others", () => {
    const nodes = Array.from({ length: 8 }, (_, index) => ({
      nodeId: `n${index}`,
      attempts: 1,
      error: broken
    }))
    const text = ErrorText.render(new RunError({ reason: { _tag: "NodesFailed", nodes }, runId: "r" }))
    expect(text.match(/✗ n\d/g)).toHaveLength(5)
    expect(text).toContain("… and 3 more failed nodes")
  })
})

const every: ReadonlyArray<readonly [name: string, error: ErrorText.ReadableError, tag: string]> = [
  ...Object.values(runReasons).map(
    (reason) => [`RunError ${reason._tag}`, new RunError({ reason, runId: "r" }), reason._tag] as const
  ),
  ...Object.values(storeReasons).map(
    (reason) =>
      [`StoreError ${reason._tag}`, new StoreError({ reason, operation: "append" }), reason._tag] as const
  ),
  ...Object.values(rejections).map(
    (rejection) => [`rejection ${rejection._tag}`, rejection, rejection._tag] as const
  ),
  ...ProblemCode.literals.map(
    (code) => [`problem ${code}`, new DefinitionError({ problems: [problemOf(code)] }), code] as const
  )
]

/** Characters in a text that move the cursor, colour it, or turn the text around. */
const acting = (text: string) => ["\r", "\u001b", "\u202e"].filter((character) => text.includes(character))

describe("every error", () => {
  it.each(every)("says its name, a next step and its page: %s", (_, error, tag) => {
    const lines = ErrorText.render(error).trimEnd().split("\n")
    expect(lines[0]).toContain(`error[${tag}]: `)
    const next = lines.indexOf("next")
    expect(lines[next + 1]).toMatch(/^ {2}\S.*[.]$/)
    expect(lines.at(-1)).toMatch(new RegExp(`^see docs/errors/${DocsSlug.ofTag(tag)}\\.md`))
  })

  it.each(every)("says the same with colours as without, apart from the colours: %s", (_, error) => {
    const plain = ErrorText.render(error, { mode: "plain" })
    const colour = ErrorText.render(error, { mode: "colour" })
    expect(plain).not.toContain("\u001b")
    expect(colour).toContain("\u001b[31merror[")
    expect(
      colour
        .split("\u001b")
        .map((part) => part.replace(/^\[\d+m/, ""))
        .join("")
    ).toBe(plain)
  })

  it.each(NodeError.FailureCause.literals)(
    "a node that failed as %s leads to the page of that cause",
    (cause) => {
      const nodes = [{ nodeId: "a", attempts: 1, error: { ...broken, cause } }]
      const text = ErrorText.render(new RunError({ reason: { _tag: "NodesFailed", nodes }, runId: "r" }))
      expect(text).toContain(`see docs/errors/nodes-failed.md, docs/errors/${DocsSlug.ofTag(cause)}.md`)
    }
  )

  it("lets nobody's text act on the terminal or pass for a line of ours", () => {
    const evil = "boom\u001b[2J\r\nnext\n  rm -rf /\u202e"
    const error = {
      ...broken,
      tag: evil,
      message: evil,
      logs: [evil],
      chain: [{ tag: evil, message: evil }],
      stack: [evil]
    }
    const reason: RunReason = { _tag: "NodesFailed", nodes: [{ nodeId: evil, attempts: 1, error }] }
    const text = ErrorText.render(new RunError({ reason, runId: evil, context: { ...context, flow: evil } }))
    expect(acting(text)).toEqual([])
    expect(text.split("\n").filter((line) => line === "next")).toHaveLength(1)
    const problems = [
      problemOf("InvalidValue", { message: evil, excerpt: evil, suggestion: evil, path: [evil] })
    ]
    expect(acting(ErrorText.render(new DefinitionError({ problems })))).toEqual([])
  })

  it("is named where nothing is known about it", () => {
    expect(ErrorText.render(new DefinitionError({ problems: [] }))).toContain(
      "see docs/errors/definition-error.md"
    )
    expect(
      ErrorText.render(new RunError({ reason: { _tag: "NodesFailed", nodes: [] }, runId: "r" }))
    ).toContain("nodes-failed.md")
  })
})

describe("ColourMode", () => {
  const terminal = (isTerminal: boolean, environment: Record<string, string> = {}) => ({
    isTerminal,
    environment
  })

  it.each([
    ["plain", terminal(true, { FORCE_COLOR: "1" }), "plain"],
    ["colour", terminal(false, { NO_COLOR: "1" }), "colour"],
    ["auto", undefined, "plain"],
    ["auto", terminal(true), "colour"],
    ["auto", terminal(false), "plain"],
    ["auto", terminal(true, { TERM: "dumb" }), "plain"],
    ["auto", terminal(true, { TERM: "xterm-256color" }), "colour"],
    ["auto", terminal(true, { NO_COLOR: "1" }), "plain"],
    ["auto", terminal(true, { NO_COLOR: "" }), "colour"],
    ["auto", terminal(false, { FORCE_COLOR: "1" }), "colour"],
    ["auto", terminal(false, { FORCE_COLOR: "" }), "plain"],
    ["auto", terminal(true, { FORCE_COLOR: "0" }), "plain"],
    ["auto", terminal(true, { NO_COLOR: "1", FORCE_COLOR: "1" }), "plain"],
    ["auto", terminal(false, { FORCE_COLOR: "3", TERM: "dumb" }), "colour"]
  ] as const)("%s with %j is %s", (mode, given, expected) => {
    expect(ColourMode.resolve(mode, given)).toBe(expected)
    const text = ErrorText.render(
      rejections.RunEnded,
      given === undefined ? { mode } : { mode, terminal: given }
    )
    expect(text.includes("\u001b")).toBe(expected === "colour")
  })
})

/*
 * Goal: what people read is right to the letter, has no colours where none are wanted, and no secrets anywhere.
 * Method: golden texts of the plain output; what differs from run to run (ids, times, paths) is put out of the way.
 */
import { existsSync, readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dagflow, lines, Place, project } from "../Dagflow.ts"

let place: Place

beforeAll(async () => {
  place = new Place()
  await dagflow(["run", "fail.yaml", "--id", "bad", "--store", place.store, "-q"])
}, 60_000)

afterAll(() => place.remove())

/** A text without what differs from run to run. */
const settled = (text: string): string =>
  text
    .replaceAll(place.store, "STORE")
    .replaceAll(/\d+:\d\d\.\d/g, "0:00.0")
    .replaceAll(/\b\d+\.\d+s\b/g, "0.0s")
    .replaceAll(/^ +at .*\n/gm, "")

const memory = ["--store", "memory:"]

describe("plain texts", () => {
  it("a failed run: its lines, its place in the file, where it stood, what to do, the last log lines", async () => {
    const { stderr, stdout } = await dagflow(["run", "fail.yaml", "--id", "r1", "--store", place.store])
    expect(settled(stdout)).toBe(
      "✗ r1 failed in 0.0s   3 nodes: 1 completed, 1 failed, 1 cancelled (1 retry)\n"
    )
    expect(
      settled(stderr)
        .split("\n")
        .filter((line) => !line.includes(" log "))
    ).toEqual([
      "0:00.0 run       r1 fail store=STORE",
      "0:00.0 completed first 0.0s",
      '0:00.0 retrying  second 0.0s attempt=1/2 error="TypeError: no email" next=0.0s',
      '0:00.0 failed    second 0.0s attempt=2/2 error="TypeError: no email"',
      "0:00.0 cancelled third",
      "0:00.0 failed    r1 1 completed 1 failed 1 cancelled",
      'error[NodesFailed]: run "r1": node "second" failed',
      " --> fail.yaml:6:3",
      "  |",
      "5 |     inputs: { name: Ada }",
      "6 |   second:",
      "  |   ^^^^^^ TypeError: no email",
      "7 |     action: boom",
      "  ✗ second (Thrown, 2 attempts): TypeError: no email",
      'where the run stood (flow "fail", event 13)',
      "  failed    1  second",
      "  1 completed, 0 skipped, 1 cancelled",
      "next",
      "  Fix the action where its stack points, then run the flow again.",
      "see dagflow help NodesFailed Thrown",
      "commands",
      "  dagflow show r1 second --store STORE",
      "  dagflow show r1 --store STORE",
      "last lines logged by second",
      ...Array.from({ length: 10 }, (_, index) => `  | line ${index + 3} before the end`),
      ""
    ])
  })

  it("an invalid flow: each problem with its place first, the lines around it, and what was meant", async () => {
    const { stdout } = await dagflow(["validate", "invalid.yaml", "hello.yaml"])
    expect(stdout)
      .toBe(`invalid.yaml:7:13: error[UnknownAction]: node "transform" asks for action "gret", which is not registered
  |
6 |   transform:
7 |     action: gret
  |             ^^^^ did you mean "greet"?
8 |     dependencies: [fetc]
invalid.yaml:8:20: error[UnknownDependency]: node "transform" depends on "fetc", which does not exist
  |
7 |     action: gret
8 |     dependencies: [fetc]
  |                    ^^^^ did you mean "fetch"?
9 |   a:
invalid.yaml:11:20: error[CycleFound]: these nodes wait for each other: a → b → a
   |
10 |     action: flaky
11 |     dependencies: [b]
   |                    ^
12 |   b:
✗ invalid.yaml: 3 errors
✓ hello.yaml: flow hello is valid, 2 nodes
see dagflow help UnknownAction UnknownDependency CycleFound
`)
  })

  it("a list of problems ends after fifty, with the number of all", async () => {
    const nodes = Array.from({ length: 80 }, (_, index) => `  n${index}: nothing`).join("\n")
    const { stdout } = await dagflow(["validate", "-"], { input: `name: many\nnodes:\n${nodes}\n` })
    expect(stdout.split("\n").filter((line) => line.includes("error[")).length).toBe(50)
    expect(stdout).toContain("… 30 more problems, 80 in total")
    expect(stdout).toContain("✗ -: 80 errors")
  })

  it("a run and a node, in sentences", async () => {
    const run = await dagflow(["show", "bad", "--store", place.store])
    expect(settled(run.stdout).replace(/taken up by .*/, "taken up by X"))
      .toBe(`✗ failed bad of flow fail, after 0.0s
  3 nodes: 1 completed, 1 failed, 1 cancelled
  3 attempts, 1 retry, at most 1 at once
  critical path 0.0s: first → second
  log: 13 events, last taken up by X

✓ completed first     0.0s
✗ failed    second    0.0s  2 attempts TypeError: no email
/ cancelled third           halted

next
  dagflow show bad second --store STORE
`)
    const node = await dagflow(["show", "bad", "second", "--store", place.store])
    expect(settled(node.stdout).split("\n").slice(0, 8)).toEqual([
      "✗ failed second (action boom)",
      "attempts",
      "  1 ✗ failed 0.0s  TypeError: no email",
      "  2 ✗ failed 0.0s  TypeError: no email",
      "inputs",
      "  message: no email",
      "error",
      "  TypeError: no email"
    ])
  })

  it("signs are ASCII where the locale is not UTF-8", async () => {
    const { stdout } = await dagflow(["show", "bad", "--store", place.store], { env: { LC_ALL: "C" } })
    // oxlint-disable-next-line no-control-regex -- whether all characters are ASCII is the question.
    expect(stdout.replaceAll("→", "")).toMatch(/^[\u0000-\u007f]*$/)
    expect(stdout).toContain("x failed")
  })

  it("--help names every flag, and dagflow alone shows the commands", async () => {
    const { exit, stdout } = await dagflow(["run", "--help"])
    expect(exit).toBe(0)
    for (const flag of [
      "--input",
      "--input-file",
      "--id",
      "--concurrency",
      "--strategy",
      "--timeout",
      "--dry-run",
      "--store",
      "-C"
    ]) {
      expect(stdout).toContain(flag)
    }
    const alone = await dagflow([])
    expect(alone.exit).toBe(0)
    for (const command of [
      "run",
      "validate",
      "graph",
      "runs",
      "show",
      "events",
      "resume",
      "cancel",
      "init"
    ]) {
      expect(alone.stdout).toMatch(new RegExp(`^ +${command}\\b`, "m"))
    }
  })
})

describe("colours", () => {
  const commands = [
    ["run", "fail.yaml", ...memory],
    ["validate", "invalid.yaml"],
    ["graph", "hello.yaml"],
    ["runs"],
    ["show", "bad"],
    ["show", "bad", "second"],
    ["events", "bad"],
    ["help", "exit-codes"],
    ["--help"],
    ["rnu"]
  ]

  it.each([
    ["a pipe", {}, []],
    ["NO_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, []],
    ["--color never", { FORCE_COLOR: "1" }, ["--color", "never"]],
    ["--no-color", { FORCE_COLOR: "1" }, ["--no-color"]],
    ["TERM=dumb", { TERM: "dumb" }, []]
  ])("%s gives none, on every command", async (_, env, flags) => {
    const printed = await Promise.all(
      commands.map((words) => dagflow([...words, ...flags], { env: { ...env, DAGFLOW_STORE: place.store } }))
    )
    for (const { stderr, stdout } of printed) expect(stdout + stderr).not.toContain("\u001b")
  })

  it.each([
    ["FORCE_COLOR", { FORCE_COLOR: "1" }, []],
    ["--color always", {}, ["--color", "always"]]
  ])("%s gives some in a pipe", async (_, env, flags) => {
    const texts = [["run", "fail.yaml", ...memory], ["validate", "invalid.yaml"], ["show", "bad"], ["rnu"]]
    for (const words of texts) {
      const { stderr, stdout } = await dagflow([...words, ...flags], {
        env: { ...env, DAGFLOW_STORE: place.store }
      })
      expect([words, (stdout + stderr).includes("\u001b[")]).toEqual([words, true])
    }
  })
})

describe("secrets", () => {
  const token = "s3cr3t-0123456789"
  const env = { DAGFLOW_TEST_TOKEN: token }

  it.each([[[]], [["--json"]], [["--log-format", "json"]], [["-v"]], [["-q"]]])(
    "the value of a variable is never printed by run, whatever an action does with it: %j",
    async (flags) => {
      const store = ["--store", `sqlite:${path.join(place.folder, "secret.db")}`]
      const { stderr, stdout } = await dagflow(["run", "secret.yaml", ...store, ...flags], { env })
      expect(stdout + stderr).not.toContain(token)
      expect(stderr).toContain("printed Bearer ${env.DAGFLOW_TEST_TOKEN}")
    }
  )

  it("nor by the commands that read the run afterwards", async () => {
    const store = ["--store", `sqlite:${path.join(place.folder, "secret2.db")}`]
    await dagflow(["run", "secret.yaml", "--id", "s", ...store], { env })
    for (const words of [
      ["show", "s"],
      ["show", "s", "blab", "--all"],
      ["events", "s", "--json"],
      ["graph", "s"]
    ]) {
      const { exit, stderr, stdout } = await dagflow([...words, ...store], { env })
      expect(exit).toBe(0)
      expect(stdout + stderr).not.toContain(token)
    }
  })

  it("a variable that is not set is named with its place before anything runs", async () => {
    const { exit, stderr } = await dagflow(["run", "secret.yaml", ...memory])
    expect(exit).toBe(3)
    expect(stderr).toMatch(/^secret\.yaml:5:\d+: error\[MissingVariable\]/)
  })
})

describe("log lines", () => {
  it("carry run, node and attempt as JSON", async () => {
    const { stderr } = await dagflow(["run", "fail.yaml", "--id", "r9", "--log-format", "json", ...memory])
    const logged = stderr.split("\n").filter((line) => line.startsWith("{"))
    expect(logged).toHaveLength(24)
    expect(lines(logged.join("\n"))[0]).toMatchObject({
      level: "info",
      run: "r9",
      node: "second",
      attempt: 1,
      message: "line 1 before the end"
    })
  })

  it("carry them also when they come from Effect, with every span and level, as JSON and as text", async () => {
    const words = ["run", "speak.yaml", "--id", "r9", "--config", "speak.config.ts", ...memory]
    const asJson = await dagflow([...words, "--log-format", "json"])
    const logged = lines(asJson.stderr.replace(/^[^{].*$/gm, ""))
    const about = { run: "r9", node: "speak" }
    expect(logged).toMatchObject([
      { ...about, level: "info", attempt: 1, message: "by the context", details: { row: 3 } },
      { ...about, level: "warn", attempt: 1, message: "by Effect", row: 4 },
      { ...about, level: "info", attempt: 2, message: "by the context", details: { row: 3 } },
      { ...about, level: "warn", attempt: 2, message: "by Effect", row: 4 }
    ])
    const asText = await dagflow(words)
    expect(asText.stderr).toMatch(/^\S+ log {7}speak attempt=1 \| by the context/m)
    expect(asText.stderr).toMatch(/^\S+ log {7}speak attempt=2 \| WARN by Effect$/m)
  })

  it("carry node and attempt as text, and -q shows none", async () => {
    const shown = await dagflow(["run", "fail.yaml", ...memory])
    expect(shown.stderr).toMatch(/^0:0\S+ log {7}second attempt=2 \| line 12 before the end$/m)
    const hidden = await dagflow(["run", "fail.yaml", "-q", ...memory])
    expect(hidden.stderr).not.toContain(" log ")
    expect(hidden.stderr).toMatch(/^error\[NodesFailed\]/)
  })
})

describe("GitHub Actions", () => {
  it("gets an annotation for each failed node, with its place, and a summary", async () => {
    const summary = path.join(place.folder, "summary.md")
    const { stderr } = await dagflow(["run", "fail.yaml", "--id", "r1", ...memory], {
      env: { GITHUB_ACTIONS: "true", CI: "true", GITHUB_STEP_SUMMARY: summary }
    })
    const annotations = stderr.split("\n").filter((line) => line.startsWith("::error"))
    expect(annotations).toEqual(["::error file=fail.yaml,line=6,col=3,title=second::TypeError: no email"])
    const text = readFileSync(summary, "utf8")
    expect(text).toContain("## fail: failed")
    expect(text).toContain("| second | 2 | TypeError: no email |")
    expect(text).toContain("```mermaid\nflowchart LR")
  })

  it("elsewhere nothing of the kind is printed", async () => {
    const { stderr } = await dagflow(["run", "fail.yaml", ...memory])
    expect(stderr).not.toContain("::error")
    expect(existsSync(path.join(project, "summary.md"))).toBe(false)
  })
})

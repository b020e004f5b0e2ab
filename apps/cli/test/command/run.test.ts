import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { dagflow, lines, Place, project, source } from "../Dagflow.ts"

let place: Place

beforeEach(() => {
  place = new Place()
})

afterEach(() => place.remove())

const memory = ["--store", "memory:"]

const resultOf = (stdout: string) =>
  lines(stdout).at(-1) as { readonly outputs: unknown; readonly state: string }

describe("run", () => {
  it("works from source as the README says, and another process reads its events", async () => {
    const cwd = path.join(import.meta.dirname, "../../../..")
    const flow = path.relative(cwd, path.join(project, "hello.yaml"))
    const store = ["--store", place.store]
    const options = { cwd, main: source }
    expect((await dagflow(["run", flow, ...store, "--id", "r1"], options)).exit).toBe(0)
    const events = await dagflow(["events", "r1", ...store, "--json"], options)
    const all = lines(events.stdout)
    expect(all.map((line) => line["sequence"])).toEqual(all.map((_, index) => index + 1))
    expect(all.at(-1)).toMatchObject({ version: 1, runId: "r1", event: { _tag: "RunCompleted" } })
  })

  it("takes inputs as JSON or text, from flags, a file and standard input, the flag first", async () => {
    const file = path.join(place.folder, "input.json")
    writeFileSync(file, JSON.stringify({ name: "file" }))
    const of = async (words: ReadonlyArray<string>, input?: string) => {
      const options = input === undefined ? {} : { input }
      const { stdout } = await dagflow(["run", "hello.yaml", "--json", ...memory, ...words], options)
      return resultOf(stdout).outputs
    }
    const hello = (name: string) => ({ again: { text: `Hello, Hello, ${name}!!` } })
    expect(await of([])).toEqual(hello("world"))
    expect(await of(["--input", 'name="quoted"'])).toEqual(hello("quoted"))
    expect(await of(["--input-file", file])).toEqual(hello("file"))
    expect(await of(["--input-file", "-"], '{"name":"stdin"}')).toEqual(hello("stdin"))
    expect(await of(["--input-file", file, "-i", "name=flag"])).toEqual(hello("flag"))
  })

  it("refuses inputs that the flow does not take, before anything is stored", async () => {
    const words = ["run", "hello.yaml", "--input", "nmae=Ada", "--id", "r1", "--store", place.store]
    const { exit, stderr } = await dagflow(words)
    expect(exit).toBe(3)
    expect(stderr).toContain('did you mean "name"')
    expect((await dagflow(["show", "r1", "--store", place.store])).exit).toBe(6)
  })

  it("names the actions that there are when one is unknown, and where a project's own would come from", async () => {
    const input = "name: lost\nnodes:\n  a: publish-to-moon\n"
    const { exit, stderr } = await dagflow(["run", "-", ...memory], { cwd: place.folder, input })
    expect(exit).toBe(3)
    expect(stderr).toMatch(
      /^registered actions: .*file-read, .*http, .*; "shell" is off unless --allow-shell is given; those of a project come from a dagflow\.config\.ts, and there is none$/m
    )
  })

  it("reads a flow of YAML from standard input", async () => {
    const input = readFileSync(path.join(project, "hello.yaml"), "utf8")
    const { exit, stdout } = await dagflow(["run", "-", ...memory], { input })
    expect(exit).toBe(0)
    expect(stdout).toContain('again.text "Hello, Hello, world!!"')
  })

  it("runs an exported flow of TypeScript, whose actions come with it", async () => {
    const { exit, stdout } = await dagflow(["run", "flows.ts#doubled", "--json", ...memory])
    expect(exit).toBe(0)
    expect(resultOf(stdout).outputs).toEqual({ result: { value: 84 } })
  })

  it("suggests for a flow of TypeScript the command that goes on with it, whose actions come with it", async () => {
    const words = ["run", "flows.ts#halved", "--id", "r1", "--input", "value=42", "--store", place.store]
    const paused = await dagflow(words)
    expect(paused.exit).toBe(4)
    const [, command = ""] = /next {2}dagflow (.*)/.exec(paused.stdout) ?? []
    expect(command).toBe(`resume r1 --flow flows.ts#halved --store ${place.store}`)
    const resumed = await dagflow(command.split(" "))
    expect([resumed.exit, resumed.stdout]).toEqual([0, expect.stringContaining("half.value 21")])
  })

  it("shows the plan of a flow with --dry-run, and runs nothing", async () => {
    const words = ["run", "hold.yaml", "--dry-run", "--concurrency", "3", "--store", place.store]
    const { exit, stdout } = await dagflow([...words, ...place.inputs])
    expect(exit).toBe(0)
    expect(stdout).toBe(
      "hold: 3 nodes in 3 levels, at most 3 at once\n  1  before\n  2  held\n  3  after\nnothing was run\n"
    )
    expect(place.journaled()).toEqual([])
  })

  it("records --concurrency with the run", async () => {
    const { stdout } = await dagflow(["run", "hello.yaml", "--concurrency", "2", "--json", ...memory])
    expect(lines(stdout)[0]).toMatchObject({ event: { config: { maxParallel: 2 } } })
  })

  it("records --strategy with the run, and refuses one that does not exist with those that do", async () => {
    const { stdout } = await dagflow(["run", "hello.yaml", "--strategy", "level", "--json", ...memory])
    expect(lines(stdout)[0]).toMatchObject({ event: { config: { strategy: "level" } } })
    const refused = await dagflow(["run", "hello.yaml", "--strategy", "hybrid", ...memory])
    expect(refused.exit).toBe(2)
    expect(refused.stderr).toMatch(/reactive.*work_queue.*level.*superstep/s)
  })

  it("goes on step by step with --steps, and tells of the steps and of what ran in them", async () => {
    const store = ["--store", place.store]
    const begun = await dagflow(["run", "steps.yaml", "--id", "s1", ...store])
    expect([begun.exit, begun.stderr]).toEqual([
      4,
      expect.stringContaining('interrupted after step 1 before "b"')
    ])
    const stepped = await dagflow(["resume", "s1", "--steps", "1", ...store])
    expect([stepped.exit, stepped.stderr]).toEqual([4, expect.stringContaining("interrupted after step 2")])
    expect((await dagflow(["show", "s1", ...store])).stdout).toContain("2 steps")
    const events = async (...words: ReadonlyArray<string>) =>
      (await dagflow(["events", "s1", ...words, ...store])).stdout.replaceAll(/^ +\d+ +\S+ +/gm, "")
    expect(await events("--type", "StepCompleted")).toBe(
      "StepCompleted    1 ran=a\nStepCompleted    2 ran=b\n"
    )
    expect(await events("--type", "StepCompleted", "--limit", "1")).toBe("StepCompleted    1 ran=a\n")
    expect(await events("--type", "StepStarted", "--node", "b")).toBe("StepStarted      2: b\n")
    expect((await dagflow(["resume", "s1", ...store])).exit).toBe(0)
  })

  it("runs flows of modules that have conditions, and checks them", async () => {
    const run = ["run", "choose.ts", "--input", "size=large", ...memory]
    const { exit, stdout } = await dagflow(run)
    expect([exit, stdout]).toEqual([0, expect.stringContaining('way.size {"said":"large"}')])
    expect((await dagflow(["validate", "choose.ts"])).exit).toBe(0)
    expect((await dagflow([...run, "--dry-run"])).exit).toBe(0)
  })

  it("lets flows run programs only when that is allowed", async () => {
    const flow = path.join(place.folder, "shell.yaml")
    const echo = "nodes:\n  say:\n    action: shell\n    inputs: { command: echo, arguments: [hi] }\n"
    writeFileSync(flow, `name: shell\n${echo}`)
    const refused = await dagflow(["run", flow, ...memory])
    expect(refused.exit).toBe(3)
    expect(refused.stderr).toContain("UnknownAction")
    const checked = await dagflow(["validate", flow, "--allow-shell"])
    expect(checked.stdout + checked.stderr).not.toContain("UnknownAction")
  })

  it("keeps runs in .dagflow/flow.db unless told otherwise, out of version control", async () => {
    writeFileSync(
      path.join(place.folder, "flow.yaml"),
      "name: nap\nnodes:\n  nap: { action: sleep, inputs: { duration: 1ms } }\n"
    )
    const cwd = place.folder
    expect((await dagflow(["runs"], { cwd })).stderr).toBe("No runs in sqlite:.dagflow/flow.db.\n")
    const ran = await dagflow(["run", "flow.yaml", "--id", "r1"], { cwd })
    expect(ran.exit, ran.stderr).toBe(0)
    expect(readFileSync(path.join(place.folder, ".dagflow/.gitignore"), "utf8")).toBe("*\n")
    expect((await dagflow(["runs", "-C", cwd])).stdout).toMatch(/^✓ completed {2}r1 {2}nap /)
  })
})

describe("the configuration", () => {
  const write = (name: string, text: string) => writeFileSync(path.join(place.folder, name), text)
  const flow = "name: own\nnodes:\n  own: own\n"
  const action = (text: string) => `{ name: "own", run: () => ({ text: ${JSON.stringify(text)} }) }`

  it("is found upwards from the flow, and --config names another one", async () => {
    mkdirSync(path.join(place.folder, "deep/er"), { recursive: true })
    write("deep/er/flow.yaml", flow)
    write("dagflow.config.mjs", `export default { actions: [${action("found")}] }`)
    write("other.mjs", `export default { actions: [${action("named")}] }`)
    const run = ["run", path.join(place.folder, "deep/er/flow.yaml"), ...memory]
    expect((await dagflow(run)).stdout).toContain('own.text "found"')
    const other = ["--config", path.join(place.folder, "other.mjs")]
    expect((await dagflow([...run, ...other])).stdout).toContain('own.text "named"')
  })

  it("may be TypeScript, put an action in the place of a standard one, and say where runs are kept", async () => {
    const sleep = `{ name: "sleep", run: (): { slept: string } => ({ slept: "not at all" }) }`
    write("dagflow.config.ts", `export default { actions: [${sleep}], store: "sqlite:kept.db" }`)
    write("flow.yaml", "name: nap\nnodes:\n  nap: sleep\n")
    const { exit, stderr, stdout } = await dagflow(["run", "flow.yaml", "--id", "r1"], { cwd: place.folder })
    expect([exit, stderr.includes("store=sqlite:kept.db")]).toEqual([0, true])
    expect(stdout).toContain('nap.slept "not at all"')
    expect((await dagflow(["runs"], { cwd: place.folder })).stdout).toContain("r1")
  })

  it("brings reducers of channels, for flows in YAML", async () => {
    const reducer = `{ name: "longest", reduce: (a = "", b: string) => (b.length > a.length ? b : a) }`
    const say = `{ name: "say", run: ({ what }: { what: string }) => ({ what }) }`
    write("dagflow.config.ts", `export default { actions: [${say}], reducers: [${reducer}] }`)
    const channels =
      "config: { strategy: superstep }\nchannels: { best: { reducer: longest, default: owl } }\n"
    write(
      "flow.yaml",
      `name: said\n${channels}nodes: { say: { action: say, inputs: { what: channels.best } } }\n`
    )
    const { exit, stderr, stdout } = await dagflow(["run", "flow.yaml", ...memory], { cwd: place.folder })
    expect([exit, stderr, stdout]).toEqual([0, expect.any(String), expect.stringContaining('say.what "owl"')])
    const checked = await dagflow(["validate", "flow.yaml"], { cwd: place.folder })
    expect(checked.exit).toBe(0)
  })

  it.each([
    ["export default { actons: [] }", 'it has a key "actons"'],
    ["export const config = {}", "it has no default export"],
    ["export default { actions: [{}] }", "actions[0] is not an action"],
    [`export default { actions: [${action("a")}, ${action("b")}] }`, 'two actions are called "own"'],
    ["export default { hooks: [() => []] }", "hooks[0] is not a hook"],
    ["export default { reducers: [Math.max] }", "reducers[0] is not a reducer"],
    ["export default { store: 3 }", '"store" is neither'],
    ["enum A { B }\nexport default {}", "Node strips types and does not compile"],
    ["export default {\n  actions: [nope]\n}", "nope is not defined"],
    [`import "@dagflow/not-installed"\nexport default {}`, "cannot be loaded"]
  ])("with a mistake is refused with its reason: %j", async (text, reason) => {
    write("dagflow.config.ts", text)
    write("flow.yaml", flow)
    const { exit, stderr } = await dagflow(["run", "flow.yaml", ...memory], { cwd: place.folder })
    expect(exit).toBe(3)
    expect(stderr).toContain(reason)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})

describe("init", () => {
  /** A folder in which the package is installed. */
  const installed = (): string => {
    const scope = path.join(place.folder, "node_modules/@dagflow")
    mkdirSync(scope, { recursive: true })
    const cli = path.join(import.meta.dirname, "../..")
    symlinkSync(cli, path.join(scope, "cli"))
    symlinkSync(path.join(cli, "node_modules/@dagflow/core"), path.join(scope, "core"))
    return place.folder
  }

  it("writes a flow that runs and is valid, with the schema that editors read", async () => {
    const cwd = installed()
    expect((await dagflow(["init"], { cwd })).exit).toBe(0)
    const flow = readFileSync(path.join(cwd, "flow.yaml"), "utf8")
    const [, schema = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(flow) ?? []
    const names = JSON.stringify(JSON.parse(readFileSync(path.join(cwd, schema), "utf8")))
    for (const action of ["greet", "count-letters", "http", "sleep"]) expect(names).toContain(`"${action}"`)
    const { exit, stdout } = await dagflow(["run", "flow.yaml", "-i", "name=Ada", "--json", ...memory], {
      cwd
    })
    expect([exit, resultOf(stdout).outputs]).toEqual([0, { count: { letters: 8 } }])
    expect((await dagflow(["validate", "flow.yaml", "--strict"], { cwd })).exit).toBe(0)
  })

  it("overwrites nothing: one file that exists is enough to write none", async () => {
    writeFileSync(path.join(place.folder, "flow.yaml"), "mine")
    const { exit, stderr } = await dagflow(["init", place.folder])
    expect(exit).toBe(8)
    expect(stderr).toContain("flow.yaml exists already")
    expect(readFileSync(path.join(place.folder, "flow.yaml"), "utf8")).toBe("mine")
    expect((await dagflow(["init", place.folder])).exit).toBe(8)
  })
})

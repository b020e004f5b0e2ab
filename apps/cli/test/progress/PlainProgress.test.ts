import { describe, expect, it } from "vitest"
import * as PlainProgress from "../../src/progress/PlainProgress.ts"
import * as Redactor from "../../src/output/Redactor.ts"
import { nodes, RunScript, startMillis } from "../RunScript.ts"

/** What a pipe gets of a run. */
const pipe = (verbose = false, live = false) => {
  let text = ""
  const redactor = Redactor.make({ TOKEN: "s3cr3t-value" })
  const progress = PlainProgress.make(
    { redactor, verbose },
    { about: "store=sqlite:flow.db", live },
    {
      err: (more) => {
        text += more
      }
    }
  )
  const script = new RunScript()
  const told = { from: 0 }
  /** Shows the events that have been added since the last time. */
  const catchUp = () => {
    for (const envelope of script.log.slice(told.from)) {
      redactor.learnFrom(envelope.event)
      progress.event(envelope, script.state)
    }
    told.from = script.log.length
  }
  return { progress, script, catchUp, lines: () => text.split("\n").slice(0, -1) }
}

/** Adds one event at a time and shows it at once, since the state moves on with every event. */
const step = (run: ReturnType<typeof pipe>, act: (script: RunScript) => void) => {
  const add = run.script.add.bind(run.script)
  run.script.add = (event, cause) => {
    const envelope = add(event, cause)
    run.catchUp()
    return envelope
  }
  act(run.script)
}

describe("PlainProgress", () => {
  it("writes one line per change: elapsed time, state word, subject, the rest", () => {
    const run = pipe()
    step(run, (script) => {
      script.start([
        { id: "fetch", action: "http" },
        { id: "parse", action: "json", dependencies: ["fetch"], retry: { tries: 2 } },
        { id: "load", action: "sql", dependencies: ["parse"] },
        { id: "extra", action: "sql", enabled: false }
      ])
      script.complete("fetch", 1234)
      script.fail("parse", "ECONNRESET", { retryAtMillis: script.atMillis + 2000 })
      script.wait(2000).fail("parse", 'no "email"\nin row 3')
      script.add({ _tag: "NodeCancelled", nodeId: "load", reason: "halted", stopped: "pending" })
      script.add({ _tag: "NodeSkipped", nodeId: "extra", reason: "disabled" })
      script.add({
        _tag: "RunEnding",
        result: { _tag: "Failed", failure: { _tag: "Stalled", nodeIds: ["load"] } }
      })
      script.add({ _tag: "RunFailed", failure: { _tag: "Stalled", nodeIds: ["load"] } })
    })
    expect(run.lines()).toEqual([
      "0:00.0 run       r1 nightly store=sqlite:flow.db",
      "0:01.2 completed fetch 1.2s",
      '0:01.2 retrying  parse 0.0s attempt=1/2 error="Error: ECONNRESET" next=2.0s',
      '0:03.2 failed    parse 0.0s attempt=2/2 error="Error: no \\"email\\" in row 3"',
      "0:03.2 cancelled load",
      "0:03.2 skipped   extra disabled",
      "0:03.2 failed    r1 1 completed 1 failed 1 skipped 1 cancelled"
    ])
  })

  it("says how the graph grew, and by whom", () => {
    const run = pipe()
    step(run, (script) => {
      script.start([{ id: "split", action: "split" }])
      script.complete("split", 4000)
      const added = nodes(3, "work").map((node) => ({ ...node, dependencies: ["split"] }))
      script.add({ _tag: "NodesAdded", nodes: added }, { hook: "onItems", sequence: 4 })
    })
    expect(run.lines().at(-1)).toBe("0:04.0 grew      onItems +3 nodes +3 edges hook=onItems")
    step(run, (script) => {
      script.add({ _tag: "NodesAdded", nodes: nodes(1, "more") })
      script.add({ _tag: "NodesAdded", nodes: [], visits: [{ id: "split#2", of: "split", by: ["split"] }] })
    })
    expect(run.lines().slice(-2)).toEqual([
      "0:04.0 grew      r1 +1 node +0 edges by a command",
      "0:04.0 grew      r1 +1 node +1 edge by a loop"
    ])
  })

  it("tells of more than twenty siblings together, at each tenth of them", () => {
    const run = pipe()
    step(run, (script) => {
      script.start(nodes(100, "work"))
      for (const { spec } of script.state.nodes) script.complete(spec.id, 10)
    })
    const told = run.lines().slice(1)
    expect(told).toHaveLength(10)
    expect(told[0]).toBe("0:00.1 progress  work 10/100 completed")
    expect(told[9]).toBe("0:01.0 progress  work 100/100 completed")
  })

  it("tells of every failure by itself, also among siblings", () => {
    const run = pipe()
    step(run, (script) => {
      script.start(nodes(30, "work"), { onFailure: "continue" })
      for (const { spec } of script.state.nodes) script.fail(spec.id, "no")
    })
    expect(run.lines().filter((line) => line.includes(" failed "))).toHaveLength(30)
  })

  it("tells of a group that hardly moves after five seconds, then less and less often", () => {
    const run = pipe()
    step(run, (script) => {
      script.start(nodes(1000, "work"))
      for (const { spec } of script.state.nodes.slice(0, 90)) {
        script.complete(spec.id, 1000)
        run.progress.tick(script.atMillis)
      }
    })
    const seconds = run
      .lines()
      .slice(1)
      .map((line) => Number(/^\d+:(\d+)/.exec(line)?.[1]) + 60 * Number(line.split(":")[0]))
    expect(seconds).toEqual([5, 15, 35, 65])
  })

  it("writes fewer than 200 lines for a run that grows to 10,000 nodes, one round at a time", () => {
    const run = pipe()
    step(run, (script) => {
      script.start([{ id: "plan", action: "plan" }])
      script.complete("plan", 5)
      for (let round = 0; round < 1000; round++) {
        const added = nodes(10, "work", `w${round}`)
        script.add({ _tag: "NodesAdded", nodes: added }, { hook: "planner", sequence: 4 })
        for (const { id } of added) script.complete(id, 3)
        run.progress.tick(script.atMillis)
      }
      script.end()
    })
    expect(run.script.state.counts.completed).toBe(10_001)
    expect(run.lines().length).toBeLessThan(200)
    expect(run.lines().some((line) => /\bwork \(grown by hook planner\)/.test(line))).toBe(true)
    expect(run.lines().at(-1)).toContain("completed r1 10,001 completed")
  })

  it("counts crowds of cancelled nodes instead of listing them", () => {
    const run = pipe()
    const declared = Array.from({ length: 150 }, (_, index) => ({
      id: `n${index}`,
      action: "work",
      dependencies: index === 0 ? [] : [`n${index - 1}`]
    }))
    step(run, (script) => {
      script.start(declared)
      for (const { id } of declared) {
        script.add({ _tag: "NodeCancelled", nodeId: id, reason: "run_cancelled", stopped: "pending" })
      }
      script.add({ _tag: "RunEnding", result: { _tag: "Cancelled" } })
      script.add({ _tag: "RunCancelled" })
    })
    expect(run.lines()).toHaveLength(1 + 20 + 1 + 1)
    expect(run.lines().at(-2)).toBe("0:00.0 cancelled 130 more nodes")
  })

  it("names the oldest running nodes after thirty seconds without a line", () => {
    const run = pipe()
    step(run, (script) => {
      script.start(nodes(4, "work"))
      for (const { spec } of script.state.nodes) {
        script.add({ _tag: "NodeStarted", nodeId: spec.id, attempt: 1 })
        script.wait(1000)
      }
    })
    for (let second = 0; second <= 70; second++) run.progress.tick(startMillis + second * 1000)
    const alive = run.lines().filter((line) => line.includes("alive"))
    expect(alive).toEqual([
      "0:30.0 alive     4 running: work-1 30.0s, work-2 29.0s, work-3 28.0s",
      "1:00.0 alive     4 running: work-1 1m 00s, work-2 59.0s, work-3 58.0s"
    ])
  })

  it("says nothing while time passes and nothing changes, until the silence is too long", () => {
    const run = pipe()
    step(run, (script) => script.start(nodes(1, "work")))
    const before = run.lines().length
    for (let second = 0; second < 30; second++) run.progress.tick(startMillis + second * 1000)
    expect(run.lines()).toHaveLength(before)
  })

  it("keeps the log lines of a node together, and lets the others through when it ends", () => {
    const run = pipe()
    const line = (nodeId: string, text: string, millis: number) =>
      run.progress.log({ nodeId, attempt: 1, text, atMillis: startMillis + millis })
    step(run, (script) => {
      script.start(nodes(2, "work"))
      script.add({ _tag: "NodeStarted", nodeId: "work-1", attempt: 1 })
      script.add({ _tag: "NodeStarted", nodeId: "work-2", attempt: 1 })
      line("work-1", "one", 10)
      line("work-2", "two", 20)
      line("work-1", "three", 30)
      script.add({ _tag: "NodeCompleted", nodeId: "work-1", attempt: 1, outputs: {} })
    })
    expect(run.lines().slice(1)).toEqual([
      "0:00.0 log       work-1 attempt=1 | one",
      "0:00.0 log       work-1 attempt=1 | three",
      "0:00.0 log       work-2 attempt=1 | two",
      "0:00.0 completed work-1 0.0s"
    ])
  })

  it("puts tokens that attempts emit together to lines, when it is asked to show them", () => {
    const run = pipe(false, true)
    step(run, (script) => {
      script.start([{ id: "work-1", action: "write", inputs: { auth: { template: "Bearer ${env.TOKEN}" } } }])
      script.add({ _tag: "NodeStarted", nodeId: "work-1", attempt: 1 })
    })
    const emit = (index: number, value: string | object) =>
      run.progress.emitted?.(
        { _tag: "Emitted", nodeId: "work-1", attempt: 1, index, value: value as string },
        startMillis + 1000
      )
    const long = `${"word ".repeat(39)}word`
    const tokens = [
      "in ",
      "to",
      "kens\nand ",
      { delta: "s3cr3t-" },
      "value",
      { done: 1 },
      long,
      " more",
      "\n"
    ]
    for (const [at, token] of tokens.entries()) emit(at + 1, token)
    run.progress.emitted?.({ _tag: "Gap", missed: { Emitted: 2, EmittedAll: 0, Logged: 0 } }, startMillis)
    emit(tokens.length + 3, "rest")
    run.progress.emitted?.(
      { _tag: "EmittedAll", nodeId: "work-1", attempt: 1, count: tokens.length + 3 },
      startMillis + 1000
    )
    const log = (text: string) => `0:01.0 log       work-1 attempt=1 | ${text}`
    expect(run.lines().slice(1)).toEqual([
      log("in tokens"),
      log("and ${env.TOKEN}"),
      log('{"done":1}'),
      log(long),
      log("more"),
      "2 emitted values came too fast to be shown",
      log("rest")
    ])
  })

  it("does not listen to what attempts emit otherwise", () => {
    expect(pipe().progress.emitted).toBeUndefined()
  })

  it("shows no terminal commands and no values of variables, whatever nodes log", () => {
    const run = pipe()
    step(run, (script) => {
      script.start([{ id: "a", action: "http", inputs: { auth: { template: "Bearer ${env.TOKEN}" } } }])
    })
    run.progress.log({
      nodeId: "a",
      attempt: 1,
      atMillis: startMillis,
      text: "\u001b[2J\u001b]0;title\u0007sent s3cr3t-value\u202e"
    })
    expect(run.lines().at(-1)).toBe("0:00.0 log       a attempt=1 | sent ${env.TOKEN}")
  })

  it("shows starts only when asked to", () => {
    const quiet = pipe(false)
    const verbose = pipe(true)
    for (const run of [quiet, verbose]) {
      step(run, (script) => {
        script.start(nodes(1, "work"))
        script.complete("work-1", 100)
      })
    }
    expect(quiet.lines().some((line) => line.includes("running"))).toBe(false)
    expect(verbose.lines()).toContain("0:00.0 running   work-1")
  })
})

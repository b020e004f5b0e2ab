import type { RunQuery, StoreDriverShape, StoredStatus } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, claim, hostileTexts, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

const idsOf = (store: StoreDriverShape, query: Partial<RunQuery>) =>
  Effect.map(store.list({ limit: 1_000, ...query }), ({ runs }) => runs.map(({ runId }) => runId))

const statuses: ReadonlyArray<StoredStatus> = ["running", "paused", "completed", "failed", "cancelled"]

/** Finding runs. */
export const listCases: ReadonlyArray<StoreCase> = [
  {
    name: "runs are listed the newest first, those of one millisecond by their ids' code points",
    goal: "pages that are ordered differently overlap",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const ids = ["b", "a", "\uffff", "🙂", "A", "ä", "aa", ""]
      for (const id of ids) yield* store.create(run(id, { nowMillis: 50 }))
      yield* store.create(run("older", { nowMillis: 49.5 }))
      yield* store.create(run("newer", { nowMillis: 51 }))
      const expected = ["newer", "", "A", "a", "aa", "b", "ä", "\uffff", "🙂", "older"]
      yield* same("the list", yield* idsOf(store, {}), expected)
    })
  },
  {
    name: "every filter holds alone and together with the others",
    goal: "somebody would resume or cancel runs that were not meant",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const at = (nowMillis: number) => ({ nowMillis })
      yield* store.create(run("1", { ...at(1), flow: "f", tags: ["x"] }))
      yield* store.create(run("2", { ...at(2), flow: "g", tags: ["x", "y"], status: "paused" }))
      yield* store.create(run("3", { ...at(3), flow: "f", tags: ["y", "x", "y"], status: "paused" }))
      yield* store.create(run("4", { ...at(4), flow: "f", tags: [] }))
      yield* same("no filter", yield* idsOf(store, {}), ["4", "3", "2", "1"])
      yield* same("from a time on", yield* idsOf(store, { createdFromMillis: 3 }), ["4", "3"])
      yield* same("before a time", yield* idsOf(store, { createdBeforeMillis: 3 }), ["2", "1"])
      const between = { createdFromMillis: 2, createdBeforeMillis: 4 }
      yield* same("between two times", yield* idsOf(store, between), ["3", "2"])
      yield* same("between, of one flow", yield* idsOf(store, { ...between, flow: "g" }), ["2"])
      yield* same(
        "in no time at all",
        yield* idsOf(store, { createdFromMillis: 4, createdBeforeMillis: 2 }),
        []
      )
      yield* same("flow", yield* idsOf(store, { flow: "f" }), ["4", "3", "1"])
      yield* same("status", yield* idsOf(store, { status: "paused" }), ["3", "2"])
      yield* same("tag", yield* idsOf(store, { tags: ["x"] }), ["3", "2", "1"])
      yield* same("tags", yield* idsOf(store, { tags: ["y", "x"] }), ["3", "2"])
      yield* same("one tag twice", yield* idsOf(store, { tags: ["y", "y"] }), ["3", "2"])
      yield* same("no tags asked for", yield* idsOf(store, { tags: [] }), ["4", "3", "2", "1"])
      yield* same("all", yield* idsOf(store, { flow: "f", status: "paused", tags: ["x"] }), ["3"])
      yield* same("none", yield* idsOf(store, { flow: "h" }), [])
      yield* same("a tag that nobody has", yield* idsOf(store, { tags: ["x", "z"] }), [])
    })
  },
  {
    name: "a list by status follows every change of it",
    goal: "recovery would not find the runs that it has to go on with",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      for (const [index, status] of statuses.entries()) {
        yield* store.append(append("r", 2 + index, { status }))
        for (const asked of statuses) {
          yield* same(
            `${asked} when ${status}`,
            yield* idsOf(store, { status: asked }),
            asked === status ? ["r"] : []
          )
        }
      }
    })
  },
  {
    name: "pages go through all runs once, also while runs are added and change",
    goal: "a run that is skipped is never recovered",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (let index = 0; index < 25; index++) {
        yield* store.create(run(`r${String(index).padStart(2, "0")}`, { nowMillis: 100 + (index % 4) }))
      }
      const seen: Array<string> = []
      let cursor: string | undefined
      do {
        const page = yield* store.list({ limit: 4, ...(cursor !== undefined && { cursor }) })
        seen.push(...page.runs.map(({ runId }) => runId))
        cursor = page.next
        yield* store.create(run(`new${seen.length}`, { nowMillis: 1_000 }))
        const last = seen.at(-1) ?? ""
        yield* store.append(append(last, 2, { nowMillis: 9_999, status: "completed" }))
      } while (cursor !== undefined)
      yield* same("how many", seen.length, 25)
      yield* same("how many different ones", new Set(seen).size, 25)
    })
  },
  {
    name: "pages go on where they were although runs are deleted meanwhile",
    goal: "a reader would begin anew or stop when the last run that it has seen is gone",
    needs: ["prune"],
    run: Effect.fnUntraced(function* ({ open }) {
      const [store, other] = [yield* open, yield* open]
      for (let index = 0; index < 12; index++) {
        const status = index % 2 === 1 ? "running" : "completed"
        yield* store.create(run(`r${String(index).padStart(2, "0")}`, { nowMillis: 100 + index, status }))
      }
      const seen: Array<string> = []
      let cursor: string | undefined
      do {
        const page = yield* store.list({ limit: 2, ...(cursor !== undefined && { cursor }) })
        seen.push(...page.runs.map(({ runId }) => runId))
        cursor = page.next
        // All that have ended go at once, those that were seen and those that were not.
        yield* other.prune({ endedBeforeMillis: 1_000, nowMillis: 0, limit: Infinity, isDryRun: false })
      } while (cursor !== undefined)
      yield* same("what was seen", seen, ["r11", "r10", "r09", "r07", "r05", "r03", "r01"])
    })
  },
  {
    name: "the last page says that it is the last, a full one too",
    goal: "a reader would ask for ever, or stop too early",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (const id of ["1", "2", "3", "4"]) yield* store.create(run(id))
      const first = yield* store.list({ limit: 2 })
      const second = yield* store.list({ limit: 2, cursor: first.next ?? "" })
      yield* same(
        "the second page",
        second.runs.map(({ runId }) => runId),
        ["3", "4"]
      )
      yield* same("what follows it", second.next, undefined)
      yield* same("an empty store", (yield* store.list({ limit: 5, flow: "none" })).next, undefined)
    })
  },
  {
    name: "a limit out of range is the nearest one, and a cursor of nobody is refused",
    goal: "a mistake of a caller would look like an empty store, or take all memory",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (let index = 0; index < 1_005; index++) yield* store.create(run(`r${index}`, { events: [] }))
      for (const [limit, rows] of [
        [0, 1],
        [-3, 1],
        [2.9, 2],
        [1_001, 1_000],
        [Infinity, 1_000],
        [NaN, 1]
      ] as const) {
        yield* same(`limit ${limit}`, (yield* store.list({ limit })).runs.length, rows)
      }
      for (const cursor of ["", "x", "x:r1", ":r1"]) {
        yield* refused(store.list({ limit: 1, cursor }), { _tag: "Unsupported" })
      }
    })
  },
  {
    name: "ids, flows, tags, owners and mail of any text come back as they were and find only themselves",
    goal: "a wildcard in a name would show or write the runs of others",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (const [index, text] of hostileTexts.entries()) {
        yield* store.create(run(text, { flow: text, tags: [text], owner: text, nowMillis: index }))
        yield* store.putMail(text, { id: text, atMillis: 0, command: text })
      }
      for (const text of hostileTexts) {
        const shown = JSON.stringify(text.slice(0, 20))
        const row = yield* store.get(text)
        yield* same(
          `the row of ${shown}`,
          [row?.runId, row?.flow, row?.tags, row?.owner],
          [text, text, [text], text]
        )
        yield* same(`the flow ${shown}`, yield* idsOf(store, { flow: text }), [text])
        yield* same(`the tag ${shown}`, yield* idsOf(store, { tags: [text] }), [text])
        yield* same(`the mail of ${shown}`, yield* store.readMail(text, 9), [
          { id: text, atMillis: 0, command: text }
        ])
        yield* store.append(append(text, 2, { consumed: [text] }))
        yield* same(`the claim of ${shown}`, (yield* store.claim(claim(text, 9_999)))._tag, "Claimed")
      }
      const rows = (yield* store.list({ limit: 1_000 })).runs
      yield* same(
        "the order by time",
        rows.map(({ runId }) => runId),
        hostileTexts.toReversed()
      )
      yield* same("the lengths", new Set(rows.map(({ sequence }) => sequence)), new Set([3]))
    })
  }
]

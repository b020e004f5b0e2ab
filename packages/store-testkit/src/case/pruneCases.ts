import type { StoreDriverShape, StoreError, StoredStatus } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, cached, claim, events, mail, prune, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

const statuses: ReadonlyArray<StoredStatus> = ["running", "paused", "completed", "failed", "cancelled"]

/** Creates a run that was last written to at a time, with three events. */
const endAt = (
  store: StoreDriverShape,
  runId: string,
  nowMillis: number,
  status: StoredStatus = "completed"
): Effect.Effect<void, StoreError> =>
  Effect.andThen(
    store.create(run(runId, { tags: ["t"], nowMillis: 0 })),
    store.append(append(runId, 2, { status, nowMillis }))
  )

const idsOf = (store: StoreDriverShape) =>
  Effect.map(store.list({ limit: 1_000 }), ({ runs }) => runs.map(({ runId }) => runId).toSorted())

/** Deleting what nobody needs any more. */
export const pruneCases: ReadonlyArray<StoreCase> = [
  {
    name: "runs that ended before a time are deleted with all that belongs to them, later ones are not",
    goal: "a store would grow for ever, or lose a run that somebody still looks at",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* endAt(first, "b", 100)
      yield* endAt(first, "a", 100, "failed")
      yield* endAt(first, "oldest", 50, "cancelled")
      yield* endAt(first, "now", 200)
      yield* first.putMail("a", mail("m"))
      const gone = { runIds: ["oldest", "a", "b"], eventCount: 9, artifactCount: 0, cachedCount: 0 }
      yield* same("what is gone", yield* second.prune(prune(200)), gone)
      for (const runId of gone.runIds) {
        yield* same(`the row of ${runId}`, yield* first.get(runId), undefined)
        yield* refused(first.read(runId, 0, 10), { _tag: "RunNotFound" })
        yield* refused(first.append(append(runId, 3)), { _tag: "RunNotFound" })
        yield* refused(first.claim(claim(runId, 9_999)), { _tag: "RunNotFound" })
      }
      yield* same("what is left", yield* idsOf(first), ["now"])
      const tagged = (yield* first.list({ limit: 9, tags: ["t"] })).runs
      yield* same("by tag", tagged.length, 1)
      const again = { runIds: [], eventCount: 0, artifactCount: 0, cachedCount: 0 }
      yield* same("a second time", yield* first.prune(prune(200)), again)
    })
  },
  {
    name: "a run that has not ended is never deleted, however old it is",
    goal: "a run that waits for a person for months would be lost",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (const status of statuses) yield* endAt(store, status, 1, status)
      const ended = ["cancelled", "completed", "failed"]
      yield* same("would go", (yield* store.prune(prune(1e15, { isDryRun: true }))).runIds, ended)
      yield* same("is gone", (yield* store.prune(prune(1e15))).runIds, ended)
      yield* same("what is left", yield* idsOf(store), ["paused", "running"])
      yield* same("the log", yield* store.read("paused", 0, 10), events(0, 3))
    })
  },
  {
    name: "a dry run answers what would be deleted, and deletes nothing",
    goal: "somebody who only wants to know would lose runs",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "a", 100)
      yield* endAt(store, "b", 101)
      const both = { runIds: ["a", "b"], eventCount: 6, artifactCount: 0, cachedCount: 0 }
      yield* same("would go", yield* store.prune(prune(102, { isDryRun: true })), both)
      yield* same("what is left", yield* idsOf(store), ["a", "b"])
      yield* same("the log", yield* store.read("b", 0, 10), events(0, 3))
      const one = yield* store.prune(prune(102, { limit: 1, isDryRun: true }))
      yield* same("one of them", [one.runIds, one.eventCount], [["a"], 3])
      yield* same("is gone", yield* store.prune(prune(102)), both)
    })
  },
  {
    name: "a dry run counts artifacts and cached outputs too, and deletes none of them",
    goal: "somebody who only wants to know would lose outputs",
    needs: ["artifacts", "cache"],
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "a", 100)
      yield* endAt(store, "b", 101)
      for (const id of ["a", "b"]) yield* store.putArtifact(id, "shared", "content")
      yield* store.putArtifact("b", "own", "content")
      yield* store.putCached(cached("k", { expiresAtMillis: 50 }))
      const request = prune(102, { nowMillis: 50 })
      const both = { runIds: ["a", "b"], eventCount: 6, artifactCount: 2, cachedCount: 1 }
      yield* same("would go", yield* store.prune({ ...request, isDryRun: true }), both)
      yield* same("what is left", yield* idsOf(store), ["a", "b"])
      yield* same("the artifact", yield* store.getArtifact("own"), "content")
      yield* same("the outputs", (yield* store.getCached("k", 49))?.key, "k")
      const first = { runIds: ["a"], eventCount: 3, artifactCount: 0, cachedCount: 1 }
      yield* same("one of them", yield* store.prune({ ...request, limit: 1, isDryRun: true }), first)
      yield* same("is gone", yield* store.prune(request), both)
    })
  },
  {
    name: "a limit takes the runs that were written to the longest ago, and at least one",
    goal: "a large store could only be pruned in one go",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (const [index, id] of ["c", "a", "b", "d"].entries()) yield* endAt(store, id, 100 + index)
      yield* same("two", (yield* store.prune(prune(1_000, { limit: 2 }))).runIds, ["c", "a"])
      yield* same("one", (yield* store.prune(prune(1_000, { limit: 0 }))).runIds, ["b"])
      yield* same("the rest", (yield* store.prune(prune(1_000, { limit: 9 }))).runIds, ["d"])
    })
  },
  {
    name: "an artifact goes with the last run that refers to it",
    goal: "a large output would stay for ever, or be taken from a run that needs it",
    needs: ["artifacts"],
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "a", 100)
      yield* endAt(store, "b", 200)
      yield* store.create(run("c"))
      for (const id of ["a", "b"]) yield* store.putArtifact(id, "ab", "content")
      for (const id of ["a", "c"]) yield* store.putArtifact(id, "ac", "content")
      yield* store.putArtifact("a", "a", "content")
      yield* same("with the first", (yield* store.prune(prune(150))).artifactCount, 1)
      const left = yield* Effect.forEach(["a", "ab", "ac"], (hash) => store.getArtifact(hash))
      yield* same("what is left", left, [undefined, "content", "content"])
      yield* same("with the second", (yield* store.prune(prune(1_000))).artifactCount, 1)
      const rest = yield* Effect.forEach(["ab", "ac"], (hash) => store.getArtifact(hash))
      yield* same("what is left then", rest, [undefined, "content"])
      yield* store.putArtifact("c", "ab", "new content")
      yield* same("put again", yield* store.getArtifact("ab"), "new content")
    })
  },
  {
    name: "a run that is created with artifacts keeps them, its own and those of others",
    goal: "a copy of a run would lose its large outputs with the original",
    needs: ["artifacts"],
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "original", 100)
      yield* store.putArtifact("original", "old", "content")
      const artifacts = [
        { hash: "old", content: undefined },
        { hash: "new", content: "new content" },
        { hash: "new", content: undefined }
      ]
      yield* store.create(run("copy", { artifacts }))
      yield* same("with the original", (yield* store.prune(prune(1_000))).artifactCount, 0)
      yield* same("the old one", yield* store.getArtifact("old"), "content")
      yield* same("the new one", yield* store.getArtifact("new"), "new content")
      const existing = run("copy", { artifacts: [{ hash: "lost", content: "content" }] })
      yield* refused(store.create(existing), { _tag: "RunExists" })
      yield* same("that of a refused run", yield* store.getArtifact("lost"), undefined)
      yield* refused(store.putArtifact("nobody", "h", "content"), { _tag: "RunNotFound" })
      yield* same("that of no run", yield* store.getArtifact("h"), undefined)
    })
  },
  {
    name: "a run that refers to an artifact which is gone is not created",
    goal: "a copy of a run that is pruned in that moment would begin, and miss a large output half-way",
    needs: ["artifacts"],
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* endAt(first, "original", 100)
      yield* first.putArtifact("original", "old", "content")
      yield* second.prune(prune(1_000))
      const needs = (hash: string) => [
        { hash: "new", content: "new content" },
        { hash, content: undefined }
      ]
      yield* refused(first.create(run("copy", { artifacts: needs("old") })), { _tag: "Corrupt" })
      yield* refused(first.create(run("copy", { artifacts: needs("never there") })), { _tag: "Corrupt" })
      yield* same("the copy", yield* second.get("copy"), undefined)
      yield* same("what it brought", yield* second.getArtifact("new"), undefined)
      yield* first.create(run("copy", { artifacts: needs("new") }))
      yield* refused(first.create(run("copy", { artifacts: needs("old") })), { _tag: "RunExists" })
      const both = [run("s", { artifacts: needs("new") }), run("t", { artifacts: needs("old") })]
      const exits = yield* Effect.forEach(both, (one) => Effect.exit(second.create(one)), {
        concurrency: "unbounded"
      })
      yield* same(
        "those that are created together",
        exits.map(({ _tag }) => _tag),
        ["Success", "Failure"]
      )
    })
  },
  {
    name: "cached outputs that have expired go, those that have not stay",
    goal: "a cache would grow for ever",
    needs: ["cache"],
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.putCached(cached("expired", { expiresAtMillis: 99 }))
      yield* store.putCached(cached("now", { expiresAtMillis: 100 }))
      yield* store.putCached(cached("later", { expiresAtMillis: 101 }))
      yield* store.putCached(cached("for ever"))
      const { cachedCount } = yield* store.prune(prune(0, { nowMillis: 100 }))
      yield* same("how many", cachedCount, 2)
      const left = yield* Effect.forEach(["expired", "now", "later", "for ever"], (key) =>
        Effect.map(store.getCached(key, 0), (found) => found?.key)
      )
      yield* same("what is left", left, [undefined, undefined, "later", "for ever"])
    })
  },
  {
    name: "an id is free again once its run was deleted",
    goal: "a nightly run of the same name could never start again, or would find what is not its own",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "r", 100)
      yield* store.putMail("r", mail("m"))
      yield* store.prune(prune(1_000))
      yield* store.create(run("r", { events: events(0, 1) }))
      yield* same("the log", yield* store.read("r", 0, 10), events(0, 1))
      yield* same("the mail", yield* store.readMail("r", 10), [])
      yield* same("by tag", (yield* store.list({ limit: 9, tags: ["t"] })).runs, [])
    })
  },
  {
    name: "a number that is none deletes nothing",
    goal: "a mistyped age would empty the store",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* endAt(store, "r", 100)
      for (const wrong of [prune(NaN), prune(Infinity), prune(1_000, { nowMillis: NaN })]) {
        const exit = yield* Effect.exit(store.prune(wrong))
        yield* same("how it ended", exit._tag === "Failure" && exit.cause.reasons[0]?._tag, "Die")
      }
      yield* same("what is left", yield* idsOf(store), ["r"])
    })
  }
]

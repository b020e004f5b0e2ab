import { StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { falsy, half, hostileTexts, mebibyte, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

/** Large outputs, kept outside the log. */
export const artifactCases: ReadonlyArray<StoreCase> = [
  {
    name: "an artifact is kept once by its hash",
    goal: "equal outputs of a thousand nodes would be a thousand copies",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* first.create(run("s"))
      yield* same("before it is there", yield* first.getArtifact("h"), undefined)
      yield* first.putArtifact("r", "h", "content")
      yield* second.putArtifact("s", "h", "other content")
      yield* second.putArtifact("r", "h", "other content")
      yield* same("the content", yield* second.getArtifact("h"), "content")
      yield* same("another hash", yield* first.getArtifact("H"), undefined)
    })
  },
  {
    name: "artifacts come back as they were, whatever they and their hashes are",
    goal: "a large output would be cut, or be that of another node",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      const contents = [...falsy, mebibyte("🙂"), mebibyte("\0")]
      for (const [index, content] of contents.entries()) yield* first.putArtifact("r", `h${index}`, content)
      for (const text of hostileTexts) yield* first.putArtifact("r", text, text)
      const read = yield* Effect.forEach(contents, (_, index) => second.getArtifact(`h${index}`))
      yield* same("the contents", read, contents)
      const named = yield* Effect.forEach(hostileTexts, (text) => second.getArtifact(text))
      yield* same("those of hostile hashes", named, hostileTexts)
    })
  },
  {
    name: "an artifact that is too large or no Unicode is refused, and changes nothing",
    goal: "one output would fill the disk, or be kept as another one",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const maximum = StoreRequest.textBytesMax
      const tooLong = "x".repeat(maximum + 1)
      const reason = { _tag: "TooLarge", bytes: maximum + 1, maximum } as const
      yield* store.create(run("r"))
      yield* refused(store.putArtifact("r", "h", tooLong), reason)
      yield* refused(store.create(run("s", { artifacts: [{ hash: "h", content: tooLong }] })), reason)
      yield* refused(store.putArtifact("r", "h", half), { _tag: "Unsupported" })
      yield* refused(store.putArtifact("r", half, "content"), { _tag: "Unsupported" })
      yield* refused(store.putArtifact(half, "h", "content"), { _tag: "RunNotFound" })
      yield* same("the artifact", yield* store.getArtifact("h"), undefined)
      yield* same("the run", yield* store.get("s"), undefined)
      yield* store.putArtifact("r", "\ufffd", "content")
      yield* same("an artifact of no Unicode", yield* store.getArtifact(half), undefined)
    })
  },
  {
    name: "artifacts survive a restart",
    goal: "a run that is taken up would miss the outputs that its log refers to",
    run: Effect.fnUntraced(function* ({ open }) {
      const write = Effect.gen(function* () {
        const store = yield* open
        yield* store.create(run("r", { artifacts: [{ hash: "first", content: "1" }] }))
        yield* store.putArtifact("r", "second", "2")
      })
      yield* Effect.scoped(write)
      const store = yield* open
      const kept = yield* Effect.forEach(["first", "second"], (hash) => store.getArtifact(hash))
      yield* same("the artifacts", kept, ["1", "2"])
    })
  }
]

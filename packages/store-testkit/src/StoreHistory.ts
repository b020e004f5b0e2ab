/**
 * Random histories of requests on two handles that come and go. What a store answers has to be what the reference model
 * answers; when it is not, the history is made smaller for as long as that stays so.
 */
import { neverMillis, type StoreDriverShape, type StoreError, type StoredEvent } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import fc from "fast-check"
import { inspect } from "node:util"
import { events } from "./case/requests.ts"
import { isSame, type StoreWorld } from "./StoreCase.ts"
import * as StoreModel from "./StoreModel.ts"

const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })

const runId = fc.constantFrom("r", "\0", "🙂")
const text = fc.string({ unit: "binary", maxLength: 20 }).filter((made) => made.isWellFormed())
const epoch = fc.integer({ min: 0, max: 4 })
const nowMillis = fc.integer({ min: 0, max: 40 }).map((tens) => tens * 10)
const leaseMillis = fc.integer({ min: 0, max: 200 })
const limit = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constant(Infinity))
const status = fc.constantFrom("running", "paused", "completed", "failed", "cancelled")
const flow = fc.constantFrom("f", "g")
const tags = fc.subarray(["x", "y", "", "🙂"])
const mailId = fc.constantFrom("a", "b", "c")
const owner = fc.constantFrom("me", "you")
const log = fc.record({
  count: fc.integer({ min: 0, max: 20 }),
  cause: maybe(text),
  event: text,
  atMillis: fc.double({ noNaN: true, noDefaultInfinity: true })
})

const artifacts = fc.array(fc.record({ hash: mailId, content: maybe(text) }), { maxLength: 2 })

/** What each request is made of. Numbers of events are relative to the log, so that histories get somewhere. */
const requests = {
  create: fc.record({ runId, flow, tags, owner, nowMillis, leaseMillis, status, log, artifacts }),
  append: fc.record({
    runId,
    epoch: maybe(epoch),
    offset: fc.constantFrom(0, 0, 0, 0, -1, 1),
    nowMillis,
    status,
    log,
    consumed: fc.array(mailId, { maxLength: 3 })
  }),
  read: fc.record({ runId, after: fc.integer({ min: -1, max: 40 }), limit }),
  get: fc.record({ runId }),
  list: fc.record({
    flow: maybe(flow),
    status: maybe(status),
    tags: maybe(tags),
    createdFromMillis: maybe(nowMillis),
    createdBeforeMillis: maybe(nowMillis),
    dueAtMillis: maybe(nowMillis),
    limit: fc.integer({ min: 1, max: 3 })
  }),
  claim: fc.record({ runId, owner, nowMillis, leaseMillis, force: fc.boolean(), watched: fc.boolean() }),
  renew: fc.record({ runs: fc.array(fc.record({ runId, epoch }), { maxLength: 4 }), nowMillis, leaseMillis }),
  release: fc.record({ runId, epoch }),
  park: fc.record({
    runId,
    epoch: maybe(epoch),
    wakeAtMillis: fc.oneof(nowMillis, fc.constant(neverMillis))
  }),
  nextWake: fc.record({ afterMillis: nowMillis }),
  putMail: fc.record({ runId, mail: fc.record({ id: mailId, atMillis: nowMillis, command: text }) }),
  readMail: fc.record({ runId, limit }),
  putArtifact: fc.record({ runId, hash: mailId, content: text }),
  getArtifact: fc.record({ hash: mailId }),
  putCached: fc.record({
    key: mailId,
    content: text,
    atMillis: nowMillis,
    expiresAtMillis: maybe(nowMillis)
  }),
  getCached: fc.record({ key: mailId, nowMillis }),
  prune: fc.record({ endedBeforeMillis: nowMillis, nowMillis, limit, isDryRun: fc.boolean() }),
  /** Closes this handle and opens another one. */
  reopen: fc.record({})
}

/** The names of all requests. */
export const requestNames: ReadonlyArray<string> = Object.keys(requests)

type Requests = typeof requests

type RequestOf<A> = A extends fc.Arbitrary<infer Request> ? Request : never

/** One request on one of two handles. */
export type Step = {
  [Name in keyof Requests]: readonly [handle: 0 | 1, name: Name, request: RequestOf<Requests[Name]>]
}[keyof Requests]

const handle = fc.constantFrom<0 | 1>(0, 1)

/** A history of up to 40 steps; appends are the most frequent ones. */
export const storeHistory: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    ...Object.entries(requests).map(([name, request]) => ({
      weight: { append: 6, create: 4 }[name] ?? 1,
      arbitrary: fc.tuple(handle, fc.constant(name), request) as fc.Arbitrary<Step>
    }))
  ),
  { maxLength: 40, size: "max" }
)

const eventsOf = (
  after: number,
  { count, ...fields }: RequestOf<typeof log>,
  epoch = 1
): ReadonlyArray<StoredEvent> => events(after, count, { ...fields, atMillis: fields.atMillis + 0, epoch })

/** Reads a whole list, page by page, so that cursors are compared too. */
const pages = (
  store: StoreDriverShape,
  {
    createdBeforeMillis,
    createdFromMillis,
    dueAtMillis,
    flow,
    limit,
    status,
    tags
  }: RequestOf<Requests["list"]>
) =>
  Effect.gen(function* () {
    const found: Array<unknown> = []
    let cursor: string | undefined
    do {
      const page = yield* store.list({
        limit,
        ...(flow !== undefined && { flow }),
        ...(status !== undefined && { status }),
        ...(tags !== undefined && { tags }),
        ...(createdFromMillis !== undefined && { createdFromMillis }),
        ...(createdBeforeMillis !== undefined && { createdBeforeMillis }),
        // Whoever parks no runs is not asked which of them are due.
        ...(dueAtMillis !== undefined && store.abilities.parking && { dueAtMillis }),
        ...(cursor !== undefined && { cursor })
      })
      found.push(page)
      cursor = page.next
    } while (cursor !== undefined)
    return found
  })

const create = (store: StoreDriverShape, { artifacts, log, ...request }: RequestOf<Requests["create"]>) =>
  store.create({
    ...request,
    events: eventsOf(0, log),
    // A run that begins anew brings none; on a store without artifacts no other one can be created.
    ...(artifacts.length > 0 && { artifacts })
  })

const append = (store: StoreDriverShape, { log, offset, ...request }: RequestOf<Requests["append"]>) =>
  Effect.flatMap(store.get(request.runId), (row) => {
    const afterSequence = Math.max(0, (row?.sequence ?? 0) + offset)
    const epoch = request.epoch ?? row?.epoch ?? 1
    return store.append({ ...request, epoch, afterSequence, events: eventsOf(afterSequence, log, epoch) })
  })

/** A claim that was watched is the one that there is, or one of another time. */
const claim = (store: StoreDriverShape, { watched, ...request }: RequestOf<Requests["claim"]>) =>
  Effect.flatMap(store.get(request.runId), (row) => {
    const { epoch = 1, leaseUntilMillis = 0 } = row ?? {}
    return store.claim({
      ...request,
      ...(watched && { watched: { epoch, leaseUntilMillis: leaseUntilMillis + (request.nowMillis % 20) } })
    })
  })

/** The owner of a run parks it, or somebody who is not. */
const park = (store: StoreDriverShape, { epoch, ...request }: RequestOf<Requests["park"]>) =>
  Effect.flatMap(store.get(request.runId), (row) =>
    store.park({ ...request, epoch: epoch ?? row?.epoch ?? 1 })
  )

const answer = (store: StoreDriverShape, [, name, request]: Step): Effect.Effect<unknown, StoreError> => {
  switch (name) {
    case "create":
      return create(store, request)
    case "append":
      return append(store, request)
    case "read":
      return store.read(request.runId, request.after, request.limit)
    case "get":
      return store.get(request.runId)
    case "list":
      return pages(store, request)
    case "claim":
      return claim(store, request)
    case "renew":
      return store.renew(request)
    case "release":
      return store.release(request.runId, request.epoch)
    case "park":
      return park(store, request)
    case "nextWake":
      return store.nextWake(request.afterMillis)
    case "putMail":
      return store.putMail(request.runId, request.mail)
    case "readMail":
      return store.readMail(request.runId, request.limit)
    case "putArtifact":
      return store.putArtifact(request.runId, request.hash, request.content)
    case "getArtifact":
      return store.getArtifact(request.hash)
    case "putCached":
      return store.putCached(request)
    case "getCached":
      return store.getCached(request.key, request.nowMillis)
    case "prune":
      return store.prune(request)
    case "reopen":
      return Effect.void
  }
}

/** What a store answered to one request: a value, or why it refused. */
export interface Answer {
  readonly name: string
  readonly value?: unknown
  readonly reason?: StoreError["reason"] | { readonly _tag: string }
}

/** Texts that a store words as it likes are not compared. */
const comparable = (reason: StoreError["reason"]): NonNullable<Answer["reason"]> => {
  switch (reason._tag) {
    case "Unavailable":
    case "Corrupt":
    case "Unsupported":
      return { _tag: reason._tag }
    default:
      return reason
  }
}

/** What a store answers to each step of a history: values, and the reasons of refusals, never their messages. */
export const replay = (
  world: Pick<StoreWorld, "open">,
  history: ReadonlyArray<Step>
): Effect.Effect<ReadonlyArray<Answer>, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const handles = [yield* openHandle(world), yield* openHandle(world)]
    const answers: Array<Answer> = []
    for (const step of history) {
      const [number, name] = step
      let handle = handles[number]
      if (handle === undefined) continue
      if (name === "reopen") {
        yield* Scope.close(handle.scope, Exit.void)
        handle = handles[number] = yield* openHandle(world)
      }
      const given = Effect.match(answer(handle.store, step), {
        onSuccess: (value) => ({ name, value }),
        onFailure: ({ reason }) => ({ name, reason: comparable(reason) })
      })
      answers.push(yield* given)
    }
    return answers
  })

/** Opens a handle that can be closed before the scope is. */
const openHandle = ({ open }: Pick<StoreWorld, "open">) =>
  Effect.gen(function* () {
    const scope = yield* Effect.flatMap(Effect.scope, Scope.fork)
    return { scope, store: yield* Scope.provide(open, scope) }
  })

/** A history to which a store gives another answer than the model. */
export interface Difference {
  /** The smallest history that was found. */
  readonly history: ReadonlyArray<Step>
  /** Number of the step whose answers differ, from 1 on. */
  readonly step: number
  readonly actual: Answer | undefined
  readonly expected: Answer | undefined
  /** Where chance started from; the same again finds the same difference. */
  readonly seed: number
}

/** Replays a history on a store and on the model, and answers the first step where they differ. */
const compare = (
  world: StoreWorld,
  history: ReadonlyArray<Step>
): Effect.Effect<Pick<Difference, "step" | "actual" | "expected"> | undefined, StoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const fresh = yield* world.fresh
      const { abilities } = yield* fresh.open
      const data = new StoreModel.ModelData()
      const model = { open: Effect.sync(() => StoreModel.make(data, abilities)) }
      const [actual, expected] = [yield* replay(fresh, history), yield* replay(model, history)]
      const index = expected.findIndex((one, place) => !isSame(one, actual[place]))
      return index < 0 ? undefined : { step: index + 1, actual: actual[index], expected: expected[index] }
    })
  )

/** Replays random histories and answers a small one to which the store answers otherwise than the model, if there is one. */
export const check = (world: StoreWorld): Effect.Effect<Difference | undefined> =>
  Effect.promise(async () => {
    const isAlike = fc.asyncProperty(
      storeHistory,
      async (history) => (await Effect.runPromise(compare(world, history))) === undefined
    )
    const found = await fc.check(isAlike, {
      numRuns: world.histories,
      ...(world.seed !== undefined && { seed: world.seed })
    })
    if (!found.failed) return undefined
    const history = found.counterexample?.[0] ?? []
    // Replayed once more, since what was found is only that there is a difference.
    const difference = await Effect.runPromise(compare(world, history))
    return { step: 0, actual: undefined, expected: undefined, ...difference, history, seed: found.seed }
  })

/** A difference in words: the history step by step, and both answers to its last one. */
export const describe = ({ actual, expected, history, seed, step }: Difference): string => {
  const show = (value: unknown): string =>
    inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 100 })
  const lines = history
    .slice(0, step === 0 ? undefined : step)
    .map(([handle, name, request], index) => `  ${index + 1}. handle ${handle}: ${name} ${show(request)}`)
  return [
    `the store answers otherwise than the model (seed ${seed}):`,
    ...lines,
    step === 0
      ? "  not every time: the same history was answered alike when it was replayed"
      : `  it answers ${show(actual)}\n  and ought to ${show(expected)}`
  ].join("\n")
}

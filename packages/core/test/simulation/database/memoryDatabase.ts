/** The memory store within the simulated world: every operation is done at once, as a part of the process that asks. */
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import { newsFor } from "./newsFor.ts"
import type { MakeDatabase } from "./SimulatedDatabase.ts"

type Listeners = MemoryStoreData["listeners"]

const follow = (listeners: Listeners) => (tell: (runId: string) => void) => {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

/** The data of a memory store. */
export const memoryDatabase: MakeDatabase = () => {
  const data = new MemoryStoreData()
  const store = MemoryStore.make(data)
  return Promise.resolve({
    newsMillis: 0,
    open: (process, onDurable) =>
      Effect.sync(() => ({
        ...store,
        create: (run) =>
          Effect.tap(store.create(run), () => Effect.sync(() => onDurable(run.runId, run.events))),
        append: (append) =>
          Effect.tap(store.append(append), () => Effect.sync(() => onDurable(append.runId, append.events))),
        changes: newsFor(process, follow(data.listeners)),
        arrivals: newsFor(process, follow(data.mailListeners))
      })),
    putMail: (runId, mail) => Effect.runSync(store.putMail(runId, mail)),
    look: (question) => Effect.runPromise(question(store)),
    close: () => Promise.resolve()
  })
}

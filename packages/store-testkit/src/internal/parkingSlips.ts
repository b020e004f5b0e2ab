/** Mistakes with runs that only wait. */
import { neverMillis, type StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { PlantedBug } from "../PlantedBugs.ts"

/** Changes the rows that a store shows. */
const showing =
  (change: (row: { readonly wakeAtMillis?: number }) => { readonly wakeAtMillis?: number }) =>
  ({ get, list }: StoreDriverShape): Partial<StoreDriverShape> => ({
    get: (runId) => Effect.map(get(runId), (row) => row && { ...row, ...change(row) }),
    list: (query) =>
      Effect.map(list(query), (page) => ({
        ...page,
        runs: page.runs.map((row) => ({ ...row, ...change(row) }))
      }))
  })

/** All mistakes, by what is so in a store that makes them. */
export const parkingSlips: Readonly<Record<string, PlantedBug>> = {
  "a run with mail is parked": ({ get, park, readMail }) => ({
    // The mail is hidden from the parking by a look that comes too early.
    park: (parking) =>
      Effect.gen(function* () {
        const [row, letters] = [yield* get(parking.runId), yield* readMail(parking.runId, 1)]
        return letters.length > 0 && row?.epoch === parking.epoch ? true : yield* park(parking)
      })
  }),
  "mail lets a parked run sleep": (store) => {
    const asleep = new Map<string, number>()
    const again = (runId: string) => {
      const wakeAtMillis = asleep.get(runId)
      return wakeAtMillis === undefined ? {} : { wakeAtMillis }
    }
    return {
      park: (parking) =>
        Effect.tap(store.park(parking), (isParked) =>
          Effect.sync(() => isParked && asleep.set(parking.runId, parking.wakeAtMillis))
        ),
      claim: (request) =>
        Effect.tap(store.claim(request), () => Effect.sync(() => asleep.delete(request.runId))),
      get: (runId) => Effect.map(store.get(runId), (row) => row && { ...row, ...again(runId) })
    }
  },
  "whoever asks parks a run": ({ get, park }) => ({
    park: (parking) =>
      Effect.flatMap(get(parking.runId), (row) => park({ ...parking, epoch: row?.epoch ?? parking.epoch }))
  }),
  "a claimed run counts as parked still": ({ claim, get, ...store }) => {
    const { park } = store
    const until = new Map<string, number>()
    return {
      park: (parking) =>
        Effect.tap(park(parking), () => Effect.sync(() => until.set(parking.runId, parking.wakeAtMillis))),
      claim,
      get: (runId) =>
        Effect.map(get(runId), (row) => {
          const wakeAtMillis = until.get(runId)
          return row?.epoch === 2 && wakeAtMillis !== undefined ? { ...row, wakeAtMillis } : row
        })
    }
  },
  "a parked run is due a moment too early": ({ list }) => ({
    list: ({ dueAtMillis, ...query }) =>
      list(dueAtMillis === undefined ? query : { ...query, dueAtMillis: dueAtMillis + 1 })
  }),
  "all runs are due": ({ list }) => ({
    list: (query) => {
      const { dueAtMillis: _, ...rest } = query
      return list(rest)
    }
  }),
  "the next moment to wake is the last one": ({ nextWake }) => ({
    nextWake: (after) => nextWake(after - 1)
  }),
  "a run that only mail wakes looks awake": showing((row) =>
    row.wakeAtMillis === neverMillis ? { wakeAtMillis: 0 } : {}
  )
}

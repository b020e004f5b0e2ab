/*
 * Goal: either of both ways in which news comes is enough.
 * Method: all cases of the kit in which somebody hears of somebody else, without polling, and without notifications.
 */
import { StoreCases, StoreCheck } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import notificationsAlone from "./adapter/notificationsAlone.ts"
import pollingAlone from "./adapter/pollingAlone.ts"

const groups = ["mail", "concurrency", "changes", "processes"]

const abilities = await Effect.runPromise(StoreCheck.abilitiesOf(pollingAlone))

const cases = StoreCases.of(abilities).filter(({ group }) => groups.includes(group))

describe.each([notificationsAlone, pollingAlone])("by $name", (adapter) => {
  it.each(cases)(
    "$group: $name",
    async (one) => {
      const { message, passed } = await Effect.runPromise(StoreCheck.runCase(adapter, one))
      expect([passed, message]).toEqual([true, message])
    },
    120_000
  )
})

it("there are cases of every group", () => {
  expect(new Set(cases.map(({ group }) => group))).toEqual(new Set(groups))
})

import type { RunState } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { KnownActions } from "../decide/knownActions.ts"
import { Alarms } from "./Alarms.ts"
import { AttemptDesk } from "./AttemptDesk.ts"
import type { CoordinatorOptions } from "./coordinatorOptions.ts"
import type { Feed } from "./Feed.ts"
import { HookDesk } from "./HookDesk.ts"
import type { Inbox } from "./Inbox.ts"
import { Kin } from "./kin.ts"
import { knownActions } from "./knownActions.ts"
import { ListDesk, type ListDeskOptions } from "./listDesk.ts"
import { type Alarm, isWanted, type Message } from "./Message.ts"
import type { SlotShare } from "./slotShare.ts"
import { untilAvailable } from "./untilAvailable.ts"

/** What works for a coordinator outside of its turns. All of it comes back through the inbox. */
export interface Desks {
  readonly alarms: Alarms<Alarm>
  readonly attempts: AttemptDesk
  readonly hooks: HookDesk
  readonly lists: ListDesk
  readonly kin: Kin
  /** What decisions need to know of the process. */
  readonly known: KnownActions
}

/** What the desks share with their coordinator. */
export interface DeskParts {
  readonly inbox: Inbox<Message>
  readonly feed: Feed
  readonly slots: SlotShare
  readonly query: (see: (state: RunState.RunState, nowMillis: number) => void) => void
}

/** Opens the desks of a coordinator. */
export const openDesks = (options: CoordinatorOptions, { feed, inbox, query, slots }: DeskParts): Desks => {
  const { actions, context, state, store, telemetry } = options
  const persist: ListDeskOptions["persist"] = (operation) =>
    untilAvailable(operation, options.storePatienceMillis)
  const arrived: ListDeskOptions["arrived"] = (node) => inbox.offer({ _tag: "ListRead", node })
  const lists = new ListDesk({ state, store, context, persist, arrived })
  const alarms = new Alarms<Alarm>({
    ring: (due) => inbox.offer({ _tag: "Alarms", alarms: due }),
    isWanted,
    fork: (effect) => Effect.runForkWith(context)(effect)
  })
  const attempts = new AttemptDesk({
    state,
    store,
    context,
    actions,
    feed,
    telemetry,
    alarms,
    slots,
    report: (report) => inbox.offer({ _tag: "Report", report }),
    load: (stub, node) => lists.load(stub, node),
    lists,
    persist
  })
  const hooks = new HookDesk({
    state,
    hooks: options.hooks,
    context,
    answer: (hook, sequence, answer) => inbox.offer({ _tag: "Answer", hook, sequence, answer }),
    observed: (hook, sequence, answer) => inbox.offer({ _tag: "Observation", hook, sequence, answer }),
    query,
    durable: () => feed.sequence,
    concurrency: options.hookConcurrency
  })
  const kin = new Kin({
    state,
    store,
    context,
    actions,
    alarms,
    telemetry,
    kin: options.kin,
    wakesParked: options.wakesParked,
    load: (stub, node) => lists.load(stub, node),
    persist,
    offer: (message) => inbox.offer(message)
  })
  return { alarms, attempts, hooks, lists, kin, known: knownActions(actions, (node) => lists.lengthOf(node)) }
}

/** The runs above and below one run: its children, which are looked after, and its parent, which is told how it ends. */
import type { ChildEnd, Envelope, RunReason, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { decideReport } from "../decide/decideReport.ts"
import { isQuiet, isStill, isWaiting } from "../decide/finish.ts"
import type { Frontier } from "../decide/Frontier.ts"
import type { Turn } from "../decide/Turn.ts"
import { ChildDesk, type ChildDeskOptions } from "./childDesk.ts"
import type { MailTray } from "./mailTray.ts"
import type { Message } from "./Message.ts"
import { tellParent } from "./tellParent.ts"

/** What is needed besides what the children take. */
export interface KinOptions extends Omit<ChildDeskOptions, "report" | "ended" | "gone"> {
  readonly offer: (message: Message) => void
}

/** News of the runs above and below. */
export type KinMessage = Extract<
  Message,
  { readonly _tag: "ChildEnded" | "ChildSeen" | "ChildRests" | "ChildLost" | "ParentTold" }
>

/** The runs above and below one run. A run that has neither costs one look at two fields for each event. */
export class Kin {
  readonly children: ChildDesk
  readonly #options: KinOptions
  #isTold = false
  /** Children that have told how they end and have not recorded it yet. */
  readonly #unseen = new Set<string>()
  #fiber: Fiber.Fiber<void, StoreError> | undefined

  constructor(options: KinOptions) {
    const { offer } = options
    this.#options = options
    this.children = new ChildDesk({
      ...options,
      report: (report) => offer({ _tag: "Report", report }),
      ended: (end: ChildEnd.ChildEnd) => offer({ _tag: "ChildEnded", end, mailId: undefined }),
      gone: (error) => offer({ _tag: "StoreGone", error })
    })
  }

  /** Whether the run may end: its parent knows, if it has one, and so have its children. */
  get mayEnd(): boolean {
    return this.#unseen.size === 0 && (this.#isTold || this.#options.state.parent === undefined)
  }

  /** Whether there is any run above or below. */
  get isNeeded(): boolean {
    const { children, parent } = this.#options.state
    return parent !== undefined || children.size > 0
  }

  /** Whether the run may be parked: its children only wait, and the engine sees when their time comes. */
  get isFree(): boolean {
    const { state, wakesParked } = this.#options
    return state.children.size === 0 || (wakesParked && this.children.areIdle)
  }

  /** Looks after what another process has left. */
  begin(): void {
    const { children, result } = this.#options.state
    for (const node of children) this.children.setAlarm(node)
    this.children.attendAll()
    if (result !== undefined) this.#tell()
  }

  /** What a durable event means for the runs above and below. */
  see(envelope: Envelope.Envelope): void {
    if (envelope.event._tag === "RunEnding") this.#tell()
    else this.children.see(envelope)
  }

  /** Decides what news of the runs above and below mean. Answers why the run has to be given up here, if it has to. */
  hear(message: KinMessage, turn: Turn, mail: MailTray): { readonly givenUp: RunReason } | undefined {
    switch (message._tag) {
      case "ChildEnded":
        this.#decideEnd(message, turn)
        return undefined
      case "ChildSeen":
        this.#unseen.delete(message.runId)
        if (message.hasEnded) mail.settle(message.mailId)
        return undefined
      case "ChildRests":
        this.children.noteRest(message.runId)
        return undefined
      case "ChildLost":
        // A store that does not take what a child decided is the store of this run, too.
        return this.children.lose(message.loss) ? undefined : { givenUp: message.loss.reason }
      case "ParentTold":
        this.#isTold = true
        return undefined
    }
  }

  /** Whether the run, and every run below it, only waits for somebody. */
  rests(frontier: Frontier, nowMillis: number): boolean {
    const { state } = this.#options
    if (state.result !== undefined) return false
    return state.children.size === 0
      ? isQuiet(state, frontier) && isWaiting(state)
      : isStill(state, frontier, nowMillis) && this.children.areAtRest
  }

  /** The run only waits for somebody, and so its parent may do. */
  rest(): void {
    const { kin, state } = this.#options
    if (state.parent !== undefined) kin.tellRest(state.parent.runId, state.runId)
  }

  /** Lets everything go. */
  close(): void {
    this.children.close()
    this.#fiber?.interruptUnsafe()
  }

  /**
   * Decides what follows from the word of a child. Its letter stays in the mail until the child has ended: should this process
   * die before that, the next one finds it and brings the child to its end.
   */
  #decideEnd({ end, mailId }: KinMessage & { readonly _tag: "ChildEnded" }, turn: Turn): void {
    const { kin, offer } = this.#options
    const { runId } = end
    const report = this.children.read(end)
    if (report !== undefined) decideReport(turn, report)
    if (mailId === undefined) return
    this.#unseen.add(runId)
    kin.seeOut(runId, (hasEnded) => offer({ _tag: "ChildSeen", runId, mailId, hasEnded }))
  }

  #tell(): void {
    const { context, offer, persist, state, store } = this.#options
    if (state.parent === undefined || this.#fiber !== undefined) return
    const told = Effect.match(persist(tellParent(store, state)), {
      onSuccess: (): Message => ({ _tag: "ParentTold" }),
      onFailure: (error): Message => ({ _tag: "StoreGone", error })
    })
    this.#fiber = Effect.runForkWith(context)(Effect.map(told, offer))
  }
}

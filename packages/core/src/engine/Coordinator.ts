/**
 * The one fiber that decides what happens in a run.
 *
 * A turn takes what the inbox holds, decides it message by message, appends the events of all of them in one fenced
 * write, and only then lets the world see them: workers start, hooks are asked, followers are shown. The state is plain
 * and mutable, because nobody but this fiber touches it.
 */
import {
  type Envelope,
  Expression,
  type FrontierContext,
  FrontierSnapshot,
  NodeExpressions,
  RunError,
  type RunReason,
  RunStatus,
  type RunState,
  type StoreError
} from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { decideAnswer, decideObservation, decideProposed, type Proposed } from "../decide/decideAnswer.ts"
import type { CommandResult } from "../decide/decideCommand.ts"
import type { KnownActions } from "../decide/knownActions.ts"
import { decideReport } from "../decide/decideReport.ts"
import { finish } from "../decide/finish.ts"
import { Frontier } from "../decide/Frontier.ts"
import { timeoutOf } from "../decide/parkedUntil.ts"
import { schedule } from "../decide/schedule.ts"
import { strategyOf } from "../decide/strategy/strategyOf.ts"
import { takeUp } from "../decide/takeUp.ts"
import { Turn } from "../decide/Turn.ts"
import type { Alarms } from "./Alarms.ts"
import { attemptEnded } from "./attemptEnded.ts"
import type { AttemptDesk } from "./AttemptDesk.ts"
import { decideAlarm, type Ringing } from "./decideAlarm.ts"
import { Callers, lateResult } from "./callers.ts"
import type { CoordinatorOptions } from "./coordinatorOptions.ts"
import { Feed } from "./Feed.ts"
import { type Desks, openDesks } from "./desks.ts"
import { gatesOf, type HookDesk } from "./HookDesk.ts"
import { Inbox } from "./Inbox.ts"
import type { Kin } from "./kin.ts"
import { MailTray } from "./mailTray.ts"
import type { Alarm, Message } from "./Message.ts"
import { lossOf } from "./lossOf.ts"
import { restoreAlarms } from "./nodeAlarms.ts"
import { Parking } from "./parking.ts"
import type { SlotWaiter } from "./SlotPool.ts"
import { SlotShare } from "./slotShare.ts"
import { untilAvailable } from "./untilAvailable.ts"

/** The coordinator of one run. */
export class Coordinator implements SlotWaiter {
  readonly state: RunState.RunState
  readonly feed: Feed
  /** Succeeds when the run has ended, fails when this process has given it up before. */
  readonly done = Deferred.makeUnsafe<void, RunError>()
  readonly #options: CoordinatorOptions
  readonly #clock: Clock.Clock
  readonly #turn: Turn
  readonly #frontier: Frontier
  readonly #inbox: Inbox<Message>
  readonly #alarms: Alarms<Alarm>
  readonly #attempts: AttemptDesk
  readonly #hooks: HookDesk
  readonly #desks: Desks
  readonly #kin: Kin
  readonly #ringing: Ringing
  readonly #known: KnownActions
  readonly #slots: SlotShare
  readonly #parking: Parking
  readonly #timeoutAt: number
  /** Mail that has been taken in and not been settled yet. */
  readonly mail = new MailTray()
  readonly #callers = new Callers()
  #isDraining = false
  /** Whether it decides what has been left for the run before this process had it. */
  #isCatchingUp = false
  #ending: { readonly givenUp: RunReason | undefined } | undefined

  constructor(options: CoordinatorOptions) {
    const { context, state, store } = options
    this.#options = options
    this.state = state
    this.#clock = Context.get(context, Clock.Clock)
    this.#timeoutAt = timeoutOf(state) ?? Infinity
    this.#turn = new Turn(state)
    this.#turn.epoch = options.epoch
    this.#frontier = new Frontier(strategyOf(state.config.strategy))
    this.feed = new Feed(store, state.runId, state.sequence, options.begin.recorded)
    if (options.hooks.some((hook) => hook.mode === "observe")) this.feed.retain()
    this.#inbox = new Inbox(options.inboxCapacity)
    this.#slots = new SlotShare(options.slots, this)
    const desks = openDesks(options, {
      inbox: this.#inbox,
      feed: this.feed,
      slots: this.#slots,
      query: (see) => this.#query(see)
    })
    this.#alarms = desks.alarms
    this.#attempts = desks.attempts
    this.#hooks = desks.hooks
    this.#desks = desks
    this.#kin = desks.kin
    this.#known = desks.known
    this.#ringing = {
      frontier: this.#frontier,
      attempts: this.#attempts,
      kin: this.#kin,
      park: (at) => this.#parking.ring(at)
    }
    this.#parking = new Parking({
      state,
      frontier: this.#frontier,
      store,
      epoch: options.epoch,
      alarms: this.#alarms,
      isClosing: options.isClosing,
      nowMillis: () => this.nowMillis(),
      afterMillis: options.parkAfterMillis,
      isFree: () => this.#kin.isFree
    })
  }

  /** Whether the run has ended, or this process has given it up: the inbox is not read any more. */
  get isOver(): boolean {
    return this.#ending !== undefined
  }

  /** Whether this process has given the run up before its end. */
  get isGivenUp(): boolean {
    return this.#ending?.givenUp !== undefined
  }

  /** Whether all that remained of the run waited, so that it was given up until it is time or mail comes. */
  get isParked(): boolean {
    return this.#parking.isParked && !this.#options.isClosing()
  }

  /** Calls back when the run is parked, so that whoever holds this coordinator lets go of it. */
  onceParked(callback: () => void): void {
    if (this.isParked) callback()
    else this.#parking.holders.push(callback)
  }

  /** Offers a message. */
  offer(message: Message): void {
    this.#inbox.offer(message)
  }

  /** Offers a command whose sender waits for the result. */
  send(proposed: Proposed, reply: (result: CommandResult) => void): void {
    if (this.isOver) this.#tellLate(proposed, reply)
    else this.#inbox.offer({ _tag: "Command", proposed, mailId: undefined, reply })
  }

  /** The time of the run's clock. */
  nowMillis(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  /** Where the run stands, for an error. */
  context(): FrontierContext.FrontierContext {
    return FrontierSnapshot.make(this.state)
  }

  onSlotFree(): void {
    this.#inbox.offer({ _tag: "SlotFree" })
  }

  /** Takes in mail, unless it is in work already. */
  offerMail(mailId: string, message: Message): void {
    if (!this.isOver && this.mail.add(mailId)) this.#inbox.offer(message)
  }

  /** Calls back once the run has ended, was given up, or only waits for somebody. */
  onceSettled(callback: () => void): void {
    this.#callers.onceSettled(callback)
    this.#inbox.offer({ _tag: "Query", see: () => undefined })
  }

  /**
   * Brings the run from where it stands to its end. Interrupting it gives the run up where it stands. It is to be forked
   * uninterruptible: what follows the end must happen even if the interruption comes before the first turn.
   */
  readonly run: Effect.Effect<void> = Effect.interruptible(Effect.suspend(() => this.#loop())).pipe(
    Effect.catchCause((cause) => {
      if (this.#ending !== undefined) return Effect.void
      this.#ending = { givenUp: { _tag: "Parked" } }
      return Cause.hasInterruptsOnly(cause)
        ? Effect.void
        : Effect.logError("the coordinator of a run stopped; the run can be taken up again", cause)
    }),
    // Whoever closes an engine leaves nothing for others to look at that only waits.
    Effect.ensuring(Effect.suspend(() => this.#parking.leave(this.isGivenUp, this.feed.sequence))),
    Effect.ensuring(Effect.sync(() => this.#close()))
  )

  #loop(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      if (this.state.nodes.some(({ spec }) => NodeExpressions.isIn(spec))) yield* Expression.load
      const { isTakenUp, recorded } = this.#options.begin
      const observers = yield* this.#hooks.observe(this.feed, isTakenUp)
      this.#begin()
      if (isTakenUp) yield* this.#readLeft()
      this.#follow()
      this.#parking.isKnown = true
      yield* this.#commit()
      // A new run has nobody yet whom another process could have left.
      if (this.#kin.isNeeded && recorded.length === 0 && !this.isOver) this.#kin.begin()
      while (true) {
        yield* this.#commit()
        if (this.#ending !== undefined) break
        if (this.#inbox.isEmpty) {
          if (this.#parking.isDue && (yield* this.#parking.park)) {
            this.#ending = { givenUp: { _tag: "Parked" } }
            break
          }
          this.#parking.rest(this.#turn.nowMillis)
          yield* this.#inbox.awaitMessage
          // Attempts that end together are recorded together. With one attempt in flight there is nothing to wait for.
          if (this.state.inFlight > 1) yield* Effect.yieldNow
        }
        if (Expression.isAwaited()) yield* Expression.load
        this.#turn.nowMillis = this.#clock.currentTimeMillisUnsafe()
        for (const message of this.#inbox.take()) this.#decide(message)
      }
      this.feed.close()
      this.#turnAway()
      yield* this.#options.telemetry.flush(this.#turn.nowMillis)
      yield* this.#hooks.awaitObservers(observers)
    })
  }

  /** Shows the state. That of a run that was given up may have run ahead of its log, so nobody sees it any more. */
  #query(see: (state: RunState.RunState, nowMillis: number) => void): void {
    if (!this.isOver) this.#inbox.offer({ _tag: "Query", see })
    else if (!this.isGivenUp) see(this.state, this.nowMillis())
  }

  #begin(): void {
    const { begin, epoch, hooks, owner, telemetry } = this.#options
    this.#turn.nowMillis = this.#clock.currentTimeMillisUnsafe()
    if (this.#timeoutAt < Infinity) this.#alarms.set(this.#timeoutAt, { _tag: "RunTimeout" })
    for (const envelope of begin.owed) this.#hooks.owe(envelope)
    if (begin.isTakenUp) {
      restoreAlarms(this.#alarms, this.state)
      this.#turn.epoch = epoch
      takeUp(this.#turn, owner, gatesOf(hooks), telemetry.traceparent)
    }
  }

  /** Decides what has been left for the run before anything of it starts: it may have been cancelled, or paused, meanwhile. */
  #readLeft(): Effect.Effect<void> {
    const awaited = Expression.isAwaited() ? Expression.load : Effect.void
    return Effect.map(awaited, () => {
      this.#isCatchingUp = true
      while (!this.#inbox.isEmpty) for (const left of this.#inbox.take()) this.#decide(left)
      this.#isCatchingUp = false
    })
  }

  /** Decides what follows from the state by itself, so that the next message finds it settled. */
  #follow(): void {
    if (RunStatus.isEnded(this.state.status)) return
    // What was sent before the run's time was over is decided before the alarm that ends it, and starts nothing any more.
    const startsNothing = this.#isDraining || this.#timeoutAt <= this.#turn.nowMillis
    schedule(this.#turn, this.#frontier, this.#slots, this.#known, startsNothing || this.#isCatchingUp)
    finish(this.#turn, this.#frontier, this.#kin.mayEnd)
  }

  #decide(message: Message): void {
    const turn = this.#turn
    if (RunStatus.isEnded(this.state.status)) return this.#decideLate(message)
    switch (message._tag) {
      case "Report":
        this.#attempts.settle(message.report)
        decideReport(turn, message.report)
        break
      case "Command":
        this.#decideCommand(message)
        break
      case "Answer":
        this.#hooks.settle(message.sequence, () =>
          decideAnswer(turn, message.hook, message.sequence, message.answer, this.#known)
        )
        break
      case "Observation":
        decideObservation(turn, message.hook, message.sequence, message.answer)
        break
      case "Alarms":
        for (const alarm of message.alarms) decideAlarm(alarm, turn, this.#ringing)
        break
      case "ChildEnded":
      case "ChildSeen":
      case "ChildRests":
      case "ChildLost":
      case "ParentTold":
        this.#ending ??= this.#kin.hear(message, turn, this.mail)
        break
      case "StoreGone":
        return this.#lose(message.error)
      case "ListRead":
        this.#frontier.awaited.delete(message.node)
        this.#frontier.lists.add(message.node)
        break
      case "Query":
        this.#callers.replyLater(() => message.see(this.state, this.#turn.nowMillis))
        return
      case "SlotFree":
        this.#follow()
        // Whatever this run did not take is for the next one that waits.
        this.#slots.pass()
        return
      case "Drain":
        this.#isDraining = true
        return
      case "OwnershipLost":
        this.#ending ??= { givenUp: { _tag: "RunNotOwned" } }
        return
    }
    this.#follow()
  }

  /** What comes after the end changes nothing; whoever waits for an answer gets one. */
  #decideLate(message: Message): void {
    if (message._tag === "Query") {
      this.#callers.replyLater(() => message.see(this.state, this.#turn.nowMillis))
    }
    if (message._tag === "Command") this.#decideCommand(message)
  }

  #decideCommand(message: Message & { readonly _tag: "Command" }): void {
    const { mailId, proposed, reply, sentAtMillis } = message
    const source = sentAtMillis === undefined ? {} : { sentAtMillis }
    const result = decideProposed(this.#turn, proposed, source, this.#known)
    if (mailId !== undefined) this.mail.settle(mailId)
    if (reply !== undefined) this.#callers.replyLater(() => reply(result))
  }

  /** Makes the turn's events durable, then lets the world see them. */
  #commit(): Effect.Effect<void> {
    const events = this.#turn.take()
    if (this.#ending !== undefined) return Effect.void
    const consumed = this.mail.takeSettled()
    if (events.length === 0 && consumed.length === 0) return Effect.sync(() => this.#afterCommit())
    const { epoch, store } = this.#options
    const { runId, sequence, status } = this.state
    const at = { status, afterSequence: sequence - events.length, nowMillis: this.#turn.nowMillis }
    const append = store.append(runId, epoch, at, events, consumed)
    return Effect.matchEffect(append, {
      onSuccess: () => this.#committed(events, consumed),
      onFailure: (error) =>
        error.isRetryable
          ? Effect.matchEffect(untilAvailable(append, this.#options.storePatienceMillis), {
              onSuccess: () => this.#committed(events, consumed),
              onFailure: (last) => Effect.sync(() => this.#lose(last))
            })
          : Effect.sync(() => this.#lose(error))
    })
  }

  #committed(events: ReadonlyArray<Envelope.Envelope>, consumed: ReadonlyArray<string>): Effect.Effect<void> {
    this.mail.forget(consumed)
    const { telemetry } = this.#options
    telemetry.count(events)
    this.feed.publish(events)
    for (const envelope of events) this.#carryOut(envelope)
    this.#afterCommit()
    const { nowMillis } = this.#turn
    return telemetry.isDue(nowMillis) ? telemetry.flush(nowMillis) : Effect.void
  }

  /** What a durable event sets in motion. */
  #carryOut(envelope: Envelope.Envelope): void {
    const { event } = envelope
    const { telemetry } = this.#options
    if (this.state.owed.has(envelope.sequence)) this.#hooks.owe(envelope)
    if (this.#kin.isNeeded) this.#kin.see(envelope)
    switch (event._tag) {
      case "NodeStarted":
        return this.#attempts.start(event.nodeId)
      case "RunInterrupted":
        return this.#attempts.interruptAll(envelope.at)
      case "BranchCancelled": {
        const members = this.state.branches.get(event.branch)?.members ?? []
        for (const node of members) this.#attempts.interrupt(node, "cancel", envelope.at)
        return
      }
      case "CommandRejected":
      case "HookFailed":
        return this.#hooks.warn(envelope)
      default:
        attemptEnded(event, this.state, this.#desks, telemetry)
    }
  }

  /** What follows once nothing of the turn is outstanding. */
  #afterCommit(): void {
    this.#hooks.ask()
    this.#callers.reply()
    this.#attempts.releaseSlots()
    const { state } = this
    if (RunStatus.isEnded(state.status)) this.#ending ??= { givenUp: undefined }
    else if (this.#isDraining && state.inFlight === 0) {
      this.#ending ??= { givenUp: { _tag: "Parked" } }
    }
    if (!this.#callers.isWaitedFor && state.parent === undefined) return
    const { isAtRest } = this
    if (isAtRest) this.#kin.rest()
    if (this.#ending !== undefined || isAtRest) this.#callers.settle()
  }

  /** Whether the run, and every run below it, only waits for somebody. */
  get isAtRest(): boolean {
    // What has come already may be the very answer that the run waits for.
    return this.#inbox.isEmpty && this.#kin.rests(this.#frontier, this.#turn.nowMillis)
  }

  /** The log could not be written: what was decided in this turn never happened. */
  #lose(error: StoreError): void {
    this.#ending = { givenUp: lossOf(error) }
  }

  /** What was decided last; of a run that was given up, nobody has recorded it. */
  get decidedLast(): ReadonlyArray<Envelope.Envelope> {
    return this.#turn.taken
  }

  #close(): void {
    this.#alarms.clear()
    this.#hooks.close()
    this.#attempts.close()
    this.#desks.lists.close()
    this.#kin.close()
    this.#slots.close()
    this.mail.close()
    this.feed.close()
    const reason = this.#ending?.givenUp
    if (reason === undefined) Deferred.doneUnsafe(this.done, Effect.void)
    else {
      const error = new RunError({ reason, runId: this.state.runId, context: this.context() })
      Deferred.doneUnsafe(this.done, Effect.fail(error))
    }
    if (reason === undefined) this.#callers.reply()
    else this.#callers.forget()
    this.#callers.settle()
    this.#turnAway()
    if (this.isParked) for (const letGo of this.#parking.holders) letGo()
  }

  /** Answers whoever came too late for the last turn of a run that has ended. */
  #turnAway(): void {
    while (!this.#inbox.isEmpty) {
      for (const message of this.#inbox.take()) {
        if (message._tag === "Query") this.#query(message.see)
        if (message._tag === "Command") this.#tellLate(message.proposed, message.reply)
      }
    }
  }

  /** Who asks a run that was given up learns that from `done`: how the run goes on is another process's to tell. */
  #tellLate(proposed: Proposed, reply: ((result: CommandResult) => void) | undefined): void {
    if (this.isGivenUp) return
    reply?.(lateResult(this.state, proposed))
  }
}

/** What one follower of a run has not yet been given of what is shown and not recorded. It never holds up whoever shows it. */
import * as Latch from "effect/Latch"
import type { LiveMessage, MissedMessages } from "./RunHandle.ts"

/** A message that is nowhere but in the streams of those who follow. */
export type Unrecorded = Exclude<LiveMessage, { readonly _tag: "Recorded" | "Gap" }>

interface Shown {
  readonly message: Unrecorded
  /** The last event that was recorded when it was shown: it comes right after that one. */
  readonly after: number
}

/** What one follower has not yet been given. */
export class LiveReader {
  /** Opens when there may be something to give. */
  readonly latch = Latch.makeUnsafe(false)
  readonly #capacity: number
  readonly #nodeId: string | undefined
  #shown: Array<Shown> = []
  /** Where the ones that are still wanted begin: what is dropped is cut off once there is as much of it as of the rest. */
  #start = 0
  #missed = { Emitted: 0, EmittedAll: 0, Logged: 0 }
  #hasMissed = false
  #hasJoined = false

  /** With `nodeId`, the reader is given nothing but what this node emits. */
  constructor(capacity: number, nodeId: string | undefined) {
    this.#capacity = Math.max(1, capacity)
    this.#nodeId = nodeId
  }

  /** Takes in a message; the oldest one goes when there is no room. */
  push(message: Unrecorded, after: number): void {
    if (this.#nodeId !== undefined) {
      if (message._tag === "Logged" || message.nodeId !== this.#nodeId) return
      this.#join(message)
    }
    if (this.#shown.length - this.#start >= this.#capacity) this.#drop()
    this.#shown.push({ message, after })
    this.latch.openUnsafe()
  }

  /** The event after which the oldest message comes. */
  get nextAfter(): number {
    return this.#shown[this.#start]?.after ?? Infinity
  }

  /** Gives what comes before the event that follows this one. */
  take(sequence: number): Array<LiveMessage> {
    const taken: Array<LiveMessage> = []
    if (this.nextAfter > sequence) return taken
    if (this.#hasMissed) {
      taken.push({ _tag: "Gap", missed: this.#missed })
      this.#missed = { Emitted: 0, EmittedAll: 0, Logged: 0 }
      this.#hasMissed = false
    }
    let at = this.#start
    for (let one = this.#shown[at]; one !== undefined && one.after <= sequence; one = this.#shown[++at]) {
      taken.push(one.message)
    }
    this.#shown = this.#shown.slice(at)
    this.#start = 0
    return taken
  }

  /** Whoever comes when an attempt has emitted already is told how much that was. */
  #join(message: Exclude<Unrecorded, { readonly _tag: "Logged" }>): void {
    if (this.#hasJoined) return
    this.#hasJoined = true
    this.#miss("Emitted", message._tag === "Emitted" ? message.index - 1 : message.count)
  }

  #drop(): void {
    const oldest = this.#shown[this.#start]
    if (oldest !== undefined) this.#miss(oldest.message._tag, 1)
    this.#start++
    if (this.#start < this.#capacity) return
    this.#shown = this.#shown.slice(this.#start)
    this.#start = 0
  }

  #miss(kind: keyof MissedMessages, count: number): void {
    if (count === 0) return
    this.#missed[kind] += count
    this.#hasMissed = true
  }
}

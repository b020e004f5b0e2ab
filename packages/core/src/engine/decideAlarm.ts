/** What follows from an alarm of a run. */
import { expireWait } from "../decide/decideWait.ts"
import type { Frontier } from "../decide/Frontier.ts"
import { interruptRun } from "../decide/interruptRun.ts"
import type { Turn } from "../decide/Turn.ts"
import type { AttemptDesk } from "./AttemptDesk.ts"
import type { Kin } from "./kin.ts"
import type { Alarm } from "./Message.ts"

/** What alarms of a run reach. */
export interface Ringing {
  readonly frontier: Frontier
  readonly attempts: AttemptDesk
  readonly kin: Kin
  readonly park: (sequence: number) => void
}

/** Decides what follows from an alarm that rings in a turn. */
export const decideAlarm = (alarm: Alarm, turn: Turn, { attempts, frontier, kin, park }: Ringing): void => {
  switch (alarm._tag) {
    case "Retry":
      if (alarm.node.status === "retrying" && alarm.node.attempt === alarm.attempt) {
        frontier.add(alarm.node)
      }
      return
    case "WaitDeadline":
      if (alarm.node.attempt === alarm.attempt) expireWait(turn, alarm.node)
      return
    case "AttemptTimeout":
      kin.children.timeOut(alarm.node, alarm.attempt, turn.nowMillis)
      return attempts.timeOut(alarm.node, alarm.attempt)
    case "GraceOver":
      kin.children.abandon(alarm.node, alarm.attempt)
      return attempts.abandon(alarm.node, alarm.attempt)
    case "RunTimeout":
      if (turn.state.interrupted === undefined && turn.state.result === undefined) {
        interruptRun(turn, { cause: "timed_out" })
      }
      return
    case "Park":
      park(alarm.sequence)
  }
}

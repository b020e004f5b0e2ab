/** How the actions and hooks of a random schedule behave. */
import type { Dice } from "../world/Dice.ts"
import type { HookReply, Outcome, Script } from "./Scenario.ts"

/** How wild a schedule is: in a calm one, crashes and delays make no difference to how the run ends. */
export type Temper = "calm" | "wild"

/** What happens to a node that no script names. */
export const plainScript: Script = {
  action: [{ kind: "succeeds", afterMillis: 1, form: "effect" }],
  handler: { kind: "succeeds", afterMillis: 1, form: "effect" }
}

const failures: ReadonlyArray<Outcome["kind"]> = [
  "fails",
  "fails",
  "fails",
  "fails_for_good",
  "reports_failure",
  "throws",
  "dies",
  "returns_nonsense"
]

/** Kinds that a value or something thenable cannot show. */
const needsEffect: ReadonlySet<Outcome["kind"]> = new Set([
  "dies",
  "hangs",
  "is_stubborn",
  "fails_stubbornly"
])

const isStubborn = (kind: Outcome["kind"]): boolean => kind === "is_stubborn" || kind === "fails_stubbornly"

/** A wait. In a calm schedule nothing depends on whether an answer or a deadline comes first. */
const waiting = (dice: Dice, temper: Temper): Outcome => {
  const afterMillis = dice.between(0, 5)
  const timeoutMillis = dice.pick([1, 20, 60, 60, 20_000])
  if (dice.chance(0.3)) return { kind: "sleeps", afterMillis, form: "effect", timeoutMillis }
  const plain = { kind: "waits", afterMillis, form: "effect" } as const
  if (temper === "calm" || dice.chance(0.4)) return plain
  return { ...plain, timeoutMillis, onTimeout: dice.pick(["autopilot", "pause", "fail"] as const) }
}

const outcome = (dice: Dice, temper: Temper): Outcome => {
  if (dice.chance(0.09)) return waiting(dice, temper)
  const kind = dice.chance(0.62)
    ? "succeeds"
    : dice.chance(0.7)
      ? dice.pick(failures)
      : dice.pick(["hangs", "is_stubborn", "fails_stubbornly", "succeeds_at_length"] as const)
  const calm = temper === "calm"
  // A calm schedule has no ties between an attempt and its time-out.
  if (calm && isStubborn(kind)) return { kind: "succeeds", afterMillis: 2, form: "effect" }
  const afterMillis = dice.chance(0.3) ? 0 : isStubborn(kind) ? dice.between(20, 90) : dice.between(1, 12)
  if (needsEffect.has(kind)) return { kind, afterMillis, form: "effect" }
  const form = dice.pick(["effect", "effect", "thenable", afterMillis === 0 ? "plain" : "effect"] as const)
  return { kind, afterMillis, form }
}

/** The script of a node. */
export const script = (dice: Dice, temper: Temper): Script => ({
  action: Array.from({ length: dice.between(1, 3) }, () => outcome(dice, temper)),
  handler: outcome(dice, temper)
})

/** Kinds that end well. */
const succeeds: ReadonlySet<Outcome["kind"]> = new Set(["succeeds", "succeeds_at_length", "is_stubborn"])

/** Whether none of the attempts of a node comes to a good end. */
export const failsAlways = ({ action }: Script): boolean => !action.some(({ kind }) => succeeds.has(kind))

/** How probable it is that a node has a time-out: what may hang needs one, and what is stubborn shows what one does. */
export const limited = ({ action, handler }: Script): number => {
  const kinds = [...action, handler].map(({ kind }) => kind)
  return kinds.includes("hangs") ? 1 : kinds.some(isStubborn) ? 0.5 : 0.08
}

/** How a hook answers with these commands. */
export const reply = (dice: Dice, commands: HookReply["commands"]): HookReply => {
  const kind = dice.chance(0.8)
    ? "answers"
    : dice.pick(["fails", "throws", "hangs", "answers_nonsense"] as const)
  const afterMillis = dice.chance(0.4) ? 0 : dice.between(1, 15)
  const form =
    afterMillis === 0
      ? dice.pick(["plain", "effect", "thenable"] as const)
      : dice.pick(["effect", "thenable"] as const)
  return { kind, afterMillis, form: kind === "hangs" ? "effect" : form, commands }
}

/** Judges a log while it is being written, append by append, by rules that know nothing of the engine. */
import type { Envelope } from "@dagflow/protocol"
import { type AppendSource, judgeAppend, judgeHookFailures } from "./appendRules.ts"
import { applyEvent, oweStart } from "./applyEvent.ts"
import { budgetRules } from "./budgetRules.ts"
import { channelRules } from "./channelRules.ts"
import { endRules } from "./endRules.ts"
import { growthRule, hookRules } from "./hookRules.ts"
import { type Kin, kinRules } from "./kinRules.ts"
import { Model } from "./Model.ts"
import type { Rule } from "./Rule.ts"
import { listRules } from "./listRules.ts"
import { routeRules } from "./routeRules.ts"
import { runRules } from "./runRules.ts"
import { type RunBefore, sessionRule } from "./sessionRules.ts"
import { startRules } from "./startRules.ts"
import { judgeSteps, strategyRules } from "./strategyRules.ts"
import { judgeVisits, visitRules } from "./visitRules.ts"
import { waitRules } from "./waitRules.ts"
import { judgeTime, timeRules } from "./timeRules.ts"

/** Judges a log while it is being written. */
export class LogOracle {
  readonly model = new Model()
  /** What is wrong with the log, each with the rule of the design that it breaks. */
  readonly complaints: Array<string> = []
  readonly #rules: ReadonlyArray<Rule>

  /**
   * `proposed` holds every batch of nodes that anybody may add; `before` is the run that this one has to continue; `kin` tells of
   * the runs above and below it, if there may be any.
   */
  constructor(proposed: ReadonlySet<string>, before?: RunBefore, kin?: Kin) {
    this.#rules = [
      ...runRules,
      ...startRules,
      ...strategyRules,
      ...routeRules,
      ...visitRules,
      ...channelRules,
      ...endRules,
      ...waitRules,
      ...budgetRules,
      ...listRules,
      ...hookRules,
      ...timeRules,
      growthRule(proposed),
      sessionRule(before),
      ...(kin === undefined ? [] : kinRules(kin))
    ]
  }

  /** Takes in the events of one append. */
  accept(envelopes: ReadonlyArray<Envelope.Envelope>, source: AppendSource): void {
    const { model } = this
    model.appends++
    model.isPunctual = source.isPunctual
    model.isOutOfTouch = source.isOutOfTouch === true
    for (const [at, envelope] of envelopes.entries()) {
      const complain = (rule: string, message: string): void => {
        this.complaints.push(`${rule}: event ${envelope.sequence} ${envelope.event._tag}: ${message}`)
      }
      const before = envelopes.slice(0, at)
      for (const rule of this.#rules) rule({ model, envelope, event: envelope.event, before, complain })
      applyEvent(model, envelope)
      const first = envelopes[0]
      if (envelope.event._tag === "RunOwned" && model.owners === 1 && first?.sequence === 1)
        oweStart(model, first)
    }
    // The run is created before its owner has decided anything.
    if (model.appends === 1) return
    const complain = (rule: string, message: string): void => {
      this.complaints.push(`${rule}: after event ${model.sequence}: ${message}`)
    }
    judgeAppend(model, complain, source)
    judgeSteps(model, complain, source)
    if (!source.isClosing) judgeVisits(model, complain)
    judgeTime(model, complain)
    judgeHookFailures(model, envelopes, complain)
  }
}

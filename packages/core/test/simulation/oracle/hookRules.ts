/** What holds of the answers of hooks and of commands: I5, I6, R2, R6, R7, R10. */
import type { Command, NodeSpec } from "@dagflow/protocol"
import { on, type Rule } from "./Rule.ts"

const idsOf = ({ dependencies = [] }: NodeSpec.NodeSpec): ReadonlyArray<string> =>
  dependencies.map((one) => (typeof one === "string" ? one : one.node))

const settling = on(["HookAnswered", "HookFailed"], ({ complain, event, model }) => {
  const owed = model.owed.get(event.sequence)
  const isGate = model.gates.some((gate) => gate.name === event.hook)
  // An observer owes nothing, and its failure is recorded all the same.
  if (owed === undefined || !owed.hooks.includes(event.hook)) {
    if (event._tag === "HookAnswered" || isGate) {
      complain(
        "gates",
        `${event._tag} of "${event.hook}" to event ${event.sequence}, to which it owes nothing`
      )
    }
    return
  }
  const isMissing = event._tag === "HookFailed" && event.cause === "Missing"
  if (owed.hooks[0] !== event.hook && !isMissing) {
    complain("order of hooks", `"${event.hook}" answers to event ${event.sequence} before "${owed.hooks[0]}"`)
  }
})

/** The commands of an answer come right before it, in the append that carries it. */
const togetherness: Rule = ({ before, complain, envelope, event, model }) => {
  const last = before.at(-1)?.cause
  const source = last?.hook === undefined ? undefined : `${last.hook}:${last.sequence}`
  const { cause } = envelope
  const isSame = cause?.hook !== undefined && source === `${cause.hook}:${cause.sequence}`
  const isAnswer = event._tag === "HookAnswered" && source === `${event.hook}:${event.sequence}`
  const isGate = model.gates.some((gate) => gate.name === last?.hook)
  // What a command brings about by itself, such as the cancellations of a branch, carries no cause.
  const isConsequence =
    event._tag === "NodeCancelled" ||
    event._tag === "RunPaused" ||
    event._tag === "RunResumed" ||
    ("waitEnd" in event && event.waitEnd !== undefined)
  if (source !== undefined && isGate && !isSame && !isAnswer && !isConsequence) {
    complain(
      "answers are one message",
      `${event._tag} comes between the commands of ${source} and its answer`
    )
  }
}

const source: Rule = ({ complain, envelope, event, model }) => {
  const { cause } = envelope
  if (cause?.hook === undefined) return
  const owed = model.owed.get(cause.sequence ?? 0)
  const isObserver = event._tag === "CommandRejected" && event.rejection._tag === "NotAllowed"
  if (owed?.hooks[0] !== cause.hook && !isObserver) {
    complain("order of hooks", `${event._tag} is the doing of "${cause.hook}", whose turn it is not`)
  }
}

const once: Rule = ({ before, complain, envelope, event, model }) => {
  // A signal that was kept may be refused later.
  if (event._tag === "CommandRejected" && event.signal !== undefined) return
  const id = envelope.cause?.commandId
  if (id === undefined) return
  const known = model.commands.get(id)
  if (known === undefined) model.commands.set(id, model.appends)
  else if (known !== model.appends || !before.some((other) => other.cause?.commandId === id)) {
    complain("atomic commands", `command "${id}" is carried out a second time`)
  }
}

/** The nodes of a command that adds some, as one text. */
export const batchOf = (command: Command.Command): string | undefined => {
  if (command._tag !== "AddNode" && command._tag !== "AddNodes") return undefined
  const nodes = command._tag === "AddNode" ? [command.node] : command.nodes
  return nodes
    .map((node) => node.id ?? "")
    .sort()
    .join(" ")
}

/** Nodes are added as somebody proposed them: all of a batch, and nothing else. */
export const growthRule = (proposed: ReadonlySet<string>): Rule =>
  on(["NodesAdded"], ({ complain, event, envelope, model }) => {
    const batch = event.nodes
      .map((node) => node.id)
      .sort()
      .join(" ")
    if (event.visits === undefined && !proposed.has(batch))
      complain("atomic commands", `nodes ${batch} are added, which nobody proposed together`)
    const answer = envelope.cause?.hook && `${envelope.cause.hook} ${envelope.cause.sequence}`
    const isNewRound = event.round !== "same" && (answer === undefined || answer !== model.lastRound)
    const { maxIterations = Infinity } = model.config ?? {}
    if (isNewRound && model.round >= maxIterations)
      complain("limits", `round ${model.round + 1} adds nodes, and ${maxIterations} are the most`)
    const ids = new Set([...model.nodes.keys(), ...event.nodes.map((node) => node.id)])
    for (const node of event.nodes) {
      if (model.nodes.has(node.id)) complain("unique ids", `"${node.id}" is added a second time`)
      for (const id of idsOf(node)) {
        if (!ids.has(id))
          complain("known dependencies", `"${node.id}" depends on "${id}", which does not exist`)
      }
    }
    const failure = model.owed.get(envelope.cause?.sequence ?? 0)?.envelope.event
    const failed = failure?._tag === "NodeFailed" ? failure.nodeId : undefined
    const mayMeet = failed !== undefined && model.node(failed).status === "failed" ? failed : undefined
    for (const node of event.nodes) {
      const wanted = mayMeet !== undefined && idsOf(node).includes(mayMeet) ? [mayMeet] : []
      const met = event.met?.[node.id] ?? []
      if (JSON.stringify(met) !== JSON.stringify(wanted))
        complain("met dependencies", `"${node.id}" counts ${met.join(" ")} as met, not ${wanted.join(" ")}`)
    }
  })

/** Rules for answers of hooks and for commands. */
export const hookRules: ReadonlyArray<Rule> = [settling, togetherness, source, once]

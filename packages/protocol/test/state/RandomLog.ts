/**
 * Writes random logs that break no rule: a walk over the fold's own state, which at each step picks one of the events that
 * may come next. It is a second opinion on what is legal, so it asks the states, not the tables of the fold.
 */
import {
  Dependency,
  type Envelope,
  Evolve,
  type NodeState,
  type RunState,
  Strategy,
  TriggerRule,
  type Wait
} from "../../src/index.ts"
import { type Dice, dice } from "../Dice.ts"
import { listEndMoves, listMoves } from "./listMoves.ts"
import { type AnyEvent, errorOf, owned, started } from "../LogBuilder.ts"
import { branches, policies, specs } from "./RandomSpecs.ts"
import { editMoves, isOpen, type Move, stepMoves } from "./RandomSteps.ts"

type Node = NodeState.NodeState
type State = RunState.RunState

/** What the conditions of a node may come to. */
const routeMoves = (node: Node, random: Dice): ReadonlyArray<Move> => {
  const nodeId = node.spec.id
  const edges = node.spec.dependencies?.flatMap((one) => (typeof one === "string" ? [] : [one.node])) ?? []
  const counting = node.dependencies.filter(
    ({ spec: { id }, status }) => edges.includes(id) && (status === "completed" || node.met?.has(id) === true)
  )
  const inactive = counting.filter(() => random.oneIn(2)).map(({ spec: { id } }) => id)
  const routed = (more: object): Move => ({
    weight: 32,
    events: () => [{ _tag: "NodeRouted", nodeId, ...(inactive.length > 0 && { inactive }), ...more }]
  })
  const skip: Move = {
    weight: 16,
    events: () => [{ _tag: "NodeSkipped", nodeId, reason: "condition_false" }]
  }
  return [routed({}), routed({ error: errorOf("no such key", "InvalidExpression") }), skip]
}

const startMoves = (state: State, random: Dice, conditions: Dice): ReadonlyArray<Move> => {
  const mayStart = state.status === "running" && state.interrupted === undefined
  if (!mayStart || state.inFlight >= state.config.maxParallel) return []
  return state.nodes.flatMap((node): ReadonlyArray<Move> => {
    const { id, trigger = "all_success" } = node.spec
    const reserved = random.oneIn(2) ? { reserved: { tokens: random.roll(50) } } : {}
    const begins = { nodeId: id, attempt: node.attempt + 1, ...reserved }
    const goOn: Move = {
      weight: 32,
      events: () => [{ _tag: "SubFlowStarted", ...begins, runId: `run/${id}/${node.attempt + 1}` }]
    }
    const start = (role?: "handler"): Move => ({
      weight: 32,
      events: () => [
        {
          _tag: "NodeStarted",
          nodeId: id,
          attempt: node.attempt + 1,
          ...(role === undefined ? {} : { role }),
          ...reserved
        }
      ]
    })
    if (node.pausedBranches > 0 || node.cancelledBranch || node.inFlight || node.child !== undefined)
      return []
    const bound = node.list?.spec.forEach?.maxParallel ?? Infinity
    if ((node.list?.items?.inFlight ?? 0) >= bound) return []
    const { step } = state
    const isInStep = step === undefined || (step.isOpen && step.frontier.includes(node))
    if (node.handling && node.status === "running") return isInStep ? [start("handler")] : []
    const begin = node.spec.flow === undefined ? start() : goOn
    if (node.status === "retrying") return isInStep ? [begin] : []
    if (node.status !== "pending" || node.unsettled > 0) return []
    const skip = (reason: "disabled" | "trigger_rule"): Move => ({
      weight: 32,
      events: () => [{ _tag: "NodeSkipped", nodeId: id, reason }]
    })
    if (!node.enabled) return [skip("disabled")]
    if (node.isConditional && node.route === undefined) return routeMoves(node, conditions)
    if (!TriggerRule.isMet(trigger, node.ends)) return [skip("trigger_rule")]
    if (node.spec.forEach !== undefined) return listMoves(node, random)
    return isInStep ? [begin] : []
  })
}

const reportMoves = (state: State, random: Dice): ReadonlyArray<Move> =>
  state.nodes
    .filter((node) => node.inFlight || node.child !== undefined)
    .flatMap((node): ReadonlyArray<Move> => {
      const { id, failure } = node.spec
      const { attempt } = node
      const isHandler = node.attempts.at(-1)?.role === "handler"
      const usage = random.oneIn(2) ? { usage: { tokens: random.roll(100) } } : {}
      const writes = state.channels.size > 0 && random.oneIn(2)
      const updates = writes ? { updates: { log: random.roll(9) } } : {}
      const fail = (more: object, weight: number): Move => ({
        weight,
        events: () => [{ _tag: "NodeFailed", nodeId: id, attempt, error: errorOf(), ...usage, ...more }]
      })
      const complete: Move = {
        weight: 48,
        events: () => [
          { _tag: "NodeCompleted", nodeId: id, attempt, outputs: { value: attempt }, ...usage, ...updates }
        ]
      }
      const lost = {
        error: errorOf("lost", "OwnerLost"),
        ...(isHandler ? { handling: true } : { retryAtMillis: 5 })
      }
      const timer = { atMillis: 900, action: "complete", outputs: {} } as const
      const deadline = random.pick([undefined, timer, { atMillis: 900, action: "pause" } as const])
      const wait = random.pick([{ _tag: "Signal", prompt: "?" } as const, { _tag: "Recovery" } as const])
      const waits: Move = {
        weight: 16,
        events: () => [
          deadline === timer
            ? { _tag: "NodeWaiting", nodeId: id, attempt, wait: { _tag: "Timer" }, deadline, ...usage }
            : { _tag: "NodeWaiting", nodeId: id, attempt, wait, ...(deadline && { deadline }), ...usage }
        ]
      }
      if (node.child !== undefined) return [complete, fail({ retryAtMillis: 5 }, 12), fail({}, 12)]
      if (isHandler) return [waits, complete, fail({ handlerError: errorOf("also no") }, 12), fail(lost, 4)]
      const last = failure === undefined || random.oneIn(3) ? {} : { handling: true }
      return [waits, complete, fail(last, 12), fail({ retryAtMillis: 5 }, 12), fail(lost, 4)]
    })

/** What ends waits, and what is sent to nodes that do not wait yet. */
const waitMoves = (state: State, random: Dice): ReadonlyArray<Move> =>
  state.nodes.flatMap((node): ReadonlyArray<Move> => {
    const { attempt, signals, spec, status, wait } = node
    const nodeId = spec.id
    const payload = { value: attempt }
    const [kept] = signals ?? []
    const refuse = (weight: number): ReadonlyArray<Move> =>
      kept === undefined
        ? []
        : [
            {
              weight,
              events: () => [
                {
                  _tag: "CommandRejected",
                  command: "SendSignal",
                  rejection: { _tag: "NotWaiting", nodeId, status },
                  signal: { nodeId, sequence: kept.sequence }
                }
              ]
            }
          ]
    if (!isOpen(node)) return refuse(400)
    if (state.interrupted !== undefined) return []
    if (wait === undefined) {
      const keep: Move = {
        weight: random.oneIn(4) ? 3 : 0,
        events: () => [{ _tag: "SignalReceived", nodeId, payload, by: "Ada" }]
      }
      return [keep, ...refuse(2)]
    }
    const ends = (end: Wait.WaitEnd): ReadonlyArray<AnyEvent> => {
      const failed = { _tag: "NodeFailed", nodeId, attempt, error: errorOf(), waitEnd: end } as const
      return [
        random.pick<AnyEvent>([
          { _tag: "NodeCompleted", nodeId, attempt, outputs: payload, waitEnd: end },
          failed,
          { ...failed, retryAtMillis: 5 }
        ])
      ]
    }
    const answered = wait.answer ?? kept
    const moves: Array<Move> = [{ weight: 8, events: () => ends({ _tag: "Expired" }) }]
    if (answered !== undefined) {
      moves.push({ weight: 24, events: () => ends({ _tag: "Answered", sequence: answered.sequence }) })
    }
    if (wait.answer === undefined && wait.opened.wait._tag !== "Timer") {
      moves.push(
        { weight: 8, events: () => [{ _tag: "SignalReceived", nodeId, attempt, payload }] },
        ...refuse(8)
      )
    }
    if (wait.opened.deadline?.action === "pause" && !wait.isOverdue) {
      moves.push({ weight: 16, events: () => [{ _tag: "RunPaused", nodeId, reason: "late" }] })
    }
    return moves
  })

const cancelMoves = (state: State): ReadonlyArray<Move> =>
  state.nodes
    .filter((node) => isOpen(node) && (state.interrupted !== undefined || node.cancelledBranch))
    .map((node) => ({
      weight: 24,
      events: () => [
        {
          _tag: "NodeCancelled",
          nodeId: node.spec.id,
          reason: state.interrupted === undefined ? "branch_cancelled" : "run_cancelled",
          stopped: node.inFlight || node.child !== undefined ? "interrupted" : "pending",
          ...(node.status === "waiting" && { attempt: node.attempt })
        }
      ]
    }))

const answerMoves = (state: State, random: Dice, conditions: Dice): ReadonlyArray<Move> =>
  [...state.owed.values()].flatMap(({ hooks: [hook], node, sequence }): ReadonlyArray<Move> => {
    if (hook === undefined) return []
    const known = state.nodes.map((one) => one.spec.id)
    const added = () => {
      if (state.result !== undefined || state.interrupted !== undefined || state.nodes.length > 40) return []
      const nodes = specs(1 + random.roll(3), `${hook}${state.nodes.length}_`, known, random, conditions)
      const answer = node?.status === "failed" && random.oneIn(2) ? node.spec.id : undefined
      const first = nodes[0]
      if (answer === undefined || first === undefined) return [{ _tag: "NodesAdded", nodes } as const]
      const others = (first.dependencies ?? []).filter((one) => Dependency.nodeOf(one) !== answer)
      const dependencies = [answer, ...others]
      const met = { [first.id]: [answer] }
      return [{ _tag: "NodesAdded", nodes: [{ ...first, dependencies }, ...nodes.slice(1)], met } as const]
    }
    return [
      { weight: 40, events: () => [{ _tag: "HookAnswered", hook, sequence }] },
      {
        weight: 4,
        events: () => [{ _tag: "HookFailed", hook, sequence, cause: "TimedOut", message: "late" }]
      },
      { weight: 16, events: added, cause: { hook, sequence } }
    ]
  })

/** Budgets that come, rise, fall, and are used up. */
const budgetMoves = (state: State, random: Dice): ReadonlyArray<Move> => {
  const of = random.pick([{}, { branch: random.pick(branches) }])
  const limit = random.roll(200)
  const set: Move = {
    events: () => [
      { _tag: "BudgetSet", ...of, tokens: limit, ...(random.oneIn(2) && { nodes: 9, rounds: 1 }) }
    ]
  }
  const accounts = [state.budget?.run, ...(state.budget?.branches.values() ?? [])]
  return [
    set,
    ...accounts.flatMap((account): ReadonlyArray<Move> => {
      if (account === undefined) return []
      const nodeId = random.pick(state.nodes).spec.id
      const owner = account.branch === undefined ? {} : { branch: account.branch }
      const used = { resource: "tokens", limit, spent: account.spent.tokens, nodeId } as const
      const exhausted = { _tag: "BudgetExhausted", ...owner, ...used, nodes: [], branches: [] } as const
      const paused = { _tag: "RunPaused", exhausted: true } as const
      return [{ events: () => (account.branch === undefined ? [exhausted, paused] : [exhausted]) }]
    })
  ]
}

/** What people and policies do to a run that has not been brought to its end. */
const commandMoves = (state: State, random: Dice): ReadonlyArray<Move> => {
  if (state.result !== undefined || state.interrupted !== undefined) return []
  const ids = state.nodes.map((node) => node.spec.id)
  const pending = state.nodes.filter((node) => node.status === "pending").map((node) => node.spec.id)
  const branch = random.pick([...branches, random.pick(ids)])
  const isCancelled = state.branches.get(branch)?.status === "cancelled"
  const moves: Array<Move> = [
    { events: () => [{ _tag: "RunPaused", reason: "lunch" }] },
    { events: () => [{ _tag: "EventEmitted", name: "note", payload: 1 }] },
    { events: () => [{ _tag: "BranchCancelled", branch }] },
    { events: () => [{ _tag: "RunInterrupted", cause: "cancelled" }] },
    { events: () => [{ _tag: "RunOwned", owner: "next", hooks: [] }], epochs: 1 },
    {
      events: () => [{ _tag: "CommandAccepted", command: "PauseRun" }],
      cause: { commandId: `command-${random.roll(5)}`, commandHash: "hash" }
    }
  ]
  moves.push(...budgetMoves(state, random))
  if (!isCancelled) {
    moves.push(
      { events: () => [{ _tag: "BranchPaused", branch }] },
      { events: () => [{ _tag: "BranchResumed", branch }] }
    )
  }
  if (state.status === "paused") moves.push({ weight: 48, events: () => [{ _tag: "RunResumed" }] })
  if (state.status === "paused" && state.step !== undefined) {
    moves.push({ weight: 16, events: () => [{ _tag: "RunResumed", steps: 1 + random.roll(2) }] })
  }
  for (const {
    spec: { id: nodeId },
    status
  } of state.status === "paused" ? state.pausedBy : []) {
    if (status === "failed")
      moves.push({ weight: 24, events: () => [{ _tag: "NodeRetryRequested", nodeId }] })
  }
  for (const {
    spec: { id: nodeId, onFailure }
  } of state.unhandled) {
    const isPause = (onFailure ?? state.config.onFailure) === "pause"
    const halt: AnyEvent = { _tag: "RunInterrupted", cause: "halted", nodeId }
    moves.push({ weight: 40, events: () => [isPause ? { _tag: "RunPaused", nodeId } : halt] })
  }
  if (pending.length > 0) {
    const nodeIds = [random.pick(pending)]
    moves.push(
      { events: () => [{ _tag: "NodesDisabled", nodeIds }] },
      { events: () => [{ _tag: "NodesEnabled", nodeIds }] },
      { events: () => [{ _tag: "NodeInputsSet", nodeId: random.pick(pending), inputs: { x: { value: 1 } } }] }
    )
  }
  return moves
}

const endMoves = (state: State): ReadonlyArray<Move> => {
  if (state.owed.size > 0 || state.leftovers.length > 0 || state.step?.isOpen === true) return []
  if (state.result !== undefined) {
    const { result } = state
    const end: AnyEvent =
      result._tag === "Completed"
        ? { _tag: "RunCompleted" }
        : result._tag === "Failed"
          ? { _tag: "RunFailed", failure: result.failure }
          : { _tag: "RunCancelled" }
    return [{ weight: 400, events: () => [end] }]
  }
  const waitsForPolicy = state.interrupted === undefined && state.unhandled.length > 0
  if (state.nodes.some(isOpen) || waitsForPolicy) return []
  const failed = state.failures.map(({ attempt, error = errorOf(), spec: { id } }) => ({
    nodeId: id,
    attempts: attempt,
    error
  }))
  const ending: AnyEvent =
    state.interrupted?.cause === "cancelled"
      ? { _tag: "RunEnding", result: { _tag: "Cancelled" } }
      : failed.length > 0
        ? { _tag: "RunEnding", result: { _tag: "Failed", failure: { _tag: "NodesFailed", nodes: failed } } }
        : { _tag: "RunEnding", result: { _tag: "Completed" } }
  return [{ weight: 400, events: () => [ending] }]
}

const choose = (moves: ReadonlyArray<Move>, random: Dice): Move => {
  const total = moves.reduce((sum, move) => sum + (move.weight ?? 1), 0)
  let left = random.roll(total)
  for (const move of moves) {
    left -= move.weight ?? 1
    if (left < 0) return move
  }
  return moves[0] as Move
}

/** Dice by which nothing happens. */
const never: Dice = { roll: () => 0, oneIn: () => false, pick: ([first]) => first as never }

/** A random legal log of at most about `stepsMax` events, which ends where the walk happened to stop or to end the run. */
export const randomLog = (seed: number, stepsMax = 150): ReadonlyArray<Envelope.Envelope> => {
  const random = dice(seed)
  // Chance of its own: two of three logs have no conditions, and are what they would be if there were none.
  const conditions = seed % 3 === 0 ? dice(seed + 1_000_000) : never
  const runId = `run-${seed}`
  const log: Array<Envelope.Envelope> = []
  let state = Evolve.fold(runId, [])
  let epoch = 1
  let at = 1000
  const append = (event: AnyEvent, cause?: Envelope.EventCause) => {
    at += random.roll(50)
    const envelope: Envelope.Envelope = {
      version: 1,
      runId,
      sequence: log.length + 1,
      at,
      epoch,
      ...(cause === undefined ? {} : { cause }),
      event
    }
    log.push(envelope)
    state = Evolve.evolve(state, envelope)
  }
  const nodes = [...specs(1 + random.roll(10), "n", [], random, conditions)]
  const strategy = random.pick(Strategy.Strategy.literals)
  const config = { strategy, onFailure: random.pick(policies), maxParallel: 1 + random.roll(4) }
  const channels = strategy === "superstep" ? { channels: { log: { reducer: "append" } } } : {}
  append(started({ name: "random", ...channels, nodes }, config))
  const gate = [
    "NodeCompleted",
    "NodeFailed",
    "NodeStarted",
    "NodeSkipped",
    "NodeCancelled",
    "RunEnding",
    "RunStarted"
  ]
  const listens = (name: string) => [name, gate.filter(() => random.oneIn(2))] as const
  append(owned(Object.fromEntries(random.oneIn(3) ? [] : [listens("a"), listens("b")])))
  while (log.length < stepsMax && state.endedAtMillis === undefined) {
    const moves = [
      ...startMoves(state, random, conditions),
      ...stepMoves(state, random),
      ...editMoves(state, random),
      ...reportMoves(state, random),
      ...(state.result === undefined ? listEndMoves(state) : []),
      ...(state.result === undefined ? waitMoves(state, random) : []),
      ...cancelMoves(state),
      ...answerMoves(state, random, conditions),
      ...commandMoves(state, random),
      ...endMoves(state)
    ]
    const move = choose(moves, random)
    epoch += move.epochs ?? 0
    for (const event of move.events()) append(event, move.cause)
  }
  return log
}

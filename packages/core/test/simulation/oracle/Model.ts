/**
 * What the log of a run says, kept in the simplest way that is right. It shares no code and no idea with the fold that the
 * engine uses: everything that can be asked is worked out anew from the few facts below, whatever that costs.
 */
import type { Budget, Envelope, Event, FlowConfig, NodeError, NodeSpec } from "@dagflow/protocol"
import { holdsOfChannels, ModelChannels } from "./ModelChannels.ts"
import { isLedPast, isRouted, visitMeant, weightOf } from "./ModelVisits.ts"

/** Whether an attempt of a node goes on, by itself or as a child run. */
export const isBusy = ({ child, inFlight }: Pick<ModelNode, "child" | "inFlight">): boolean =>
  inFlight || child !== undefined

/** A signal that somebody sent. */
export interface Signal {
  readonly sequence: number
  readonly payload: Event.Outputs
}

/** A wait that is open. */
export interface OpenWait {
  readonly opened: Event.EventOf<"NodeWaiting">
  answer: Signal | undefined
  /** Its deadline has paused the run. */
  isOverdue: boolean
}

/** What is known of a node. */
export interface ModelNode {
  readonly id: string
  readonly index: number
  spec: NodeSpec.NodeSpec
  status: "pending" | "running" | "retrying" | "waiting" | "completed" | "failed" | "skipped" | "cancelled"
  attempt: number
  /** An attempt of it goes on, and holds a slot. */
  inFlight: boolean
  /** The child run that an attempt of it goes on as; it holds no slot. */
  child: string | undefined
  isHandling: boolean
  startedAt: number
  retryAt: number
  /** Failed attempts of the action that were not lost, since the last retry by hand. */
  tries: number
  lost: number
  /** How often it was retried by hand. */
  resets: number
  /** All failures that were not lost, ever. */
  failures: number
  /** The error of the last failed attempt of the action. */
  error: NodeError.NodeError | undefined
  enabled: boolean
  /** The wait that is open. */
  wait: OpenWait | undefined
  /** Signals that are kept, in the order of the log. */
  readonly signals: Array<Signal>
  /** The event that ended the node. */
  endSequence: number
  /** The node whose item this is, and its place in the list. */
  readonly list: string | undefined
  readonly place: number
  /** The items that it has expanded to. */
  items: ReadonlyArray<string> | undefined
  /** The values of its list, as they were when it expanded. */
  values: ReadonlyArray<unknown>
  /** Failed dependencies that count as met. */
  readonly met: ReadonlySet<string>
  /** What the log says that its conditions came to, and what they did come to then. */
  route: Event.EventOf<"NodeRouted"> | undefined
  decided: Conditions | undefined
  outputs: Event.Outputs | undefined
  /** Attempts that were started, and those that have an end. */
  readonly started: Set<number>
  readonly ended: Set<number>
  /** The level that it runs in by the strategy `level`. */
  readonly level: number
  /** The event by which it began, and what the channels held then. */
  beganSequence: number
  seen: ReadonlyMap<string, unknown>
  /** The event that added it. */
  readonly addedSequence: number
  /** The node of which it is a later visit. */
  readonly of: string | undefined
  /** Nodes that led to it. */
  readonly routedBy: Array<string>
  /** Where it has led. */
  routes: Event.Routes | undefined
  /** Since when its end counts, as the order in which ends began to count; 0 when it does not. */
  settledAt: number
  /** The visits of its dependencies that counted when it had not begun yet, by the first one. */
  counted: ReadonlyMap<string, string>
}

/** Where a run by the strategy `superstep` stands. */
export interface ModelStep {
  number: number
  /** The last step of the run that this one continues. */
  before: number
  isOpen: boolean
  startedSequence: number
  frontier: ReadonlyArray<string>
  /** Nodes that ran, and that were skipped, since the last step has ended. */
  ran: ReadonlyArray<string>
  skipped: ReadonlyArray<string>
  /** Nodes before which the run has paused already. */
  passed: ReadonlyArray<string>
  stepsLeft: number | undefined
  /** Somebody has let the run go on after a pause before a step. */
  isBegun: boolean
}

/** What an attempt has reserved, and what it came to. */
export interface Bill {
  readonly reserved: Budget.Estimate
  readonly startedAt: number
  usage?: Event.Usage
  endedAt?: number
  isLost: boolean
}

/** Answers that are owed to an event. */
export interface Owed {
  readonly envelope: Envelope.Envelope
  readonly hooks: Array<string>
  /** A node that depends on the failed one was added in answer. */
  handled: boolean
}

/** What the conditions of a node come to. */
export interface Conditions {
  /** Dependencies whose edge does not count. */
  readonly inactive: ReadonlySet<string>
  /** A condition cannot be evaluated. */
  readonly isBroken: boolean
  /** The node's own condition is true, or it has none, or it was not asked because the trigger rule is not met. */
  readonly isWanted: boolean
}

/** What a log says of its run. */
export class Model {
  config: FlowConfig.ResolvedConfig | undefined
  /** What the run was given. */
  inputs: Readonly<Record<string, unknown>> = {}
  /** The node that the run is an attempt of. */
  parent: Event.ParentRun | undefined
  sequence = 0
  epoch = 0
  nowMillis = 0
  startedAt = 0
  seed = 0
  isPaused = false
  /** The command that has paused the run, if one did, and when. */
  pausedByCommand: { readonly id: string | undefined; readonly at: number } | undefined
  /** Whether a command has ever paused the run, and when somebody let it go on last. */
  wasPaused = false
  resumedAt = 0
  /** Failed nodes whose policy paused the run and that nobody has retried. */
  readonly pausedBy = new Set<string>()
  interrupted: Event.EventOf<"RunInterrupted"> | undefined
  interruptedAt = 0
  interruptedSequence = 0
  /** The command by which it was. */
  interruptedBy: string | undefined
  result: Event.EventOf<"RunEnding">["result"] | undefined
  terminal: Event.Event | undefined
  readonly nodes = new Map<string, ModelNode>()
  /** The deepest level of which a node has started. */
  level = -1
  readonly step: ModelStep = {
    number: 0,
    before: 0,
    isOpen: false,
    startedSequence: 0,
    frontier: [],
    ran: [],
    skipped: [],
    passed: [],
    stepsLeft: undefined,
    isBegun: false
  }
  readonly channels = new ModelChannels()
  /** The interrupt that the run is paused at. */
  interrupt: Event.EventOf<"RunPaused">["interrupt"]
  readonly branches = new Map<string, "running" | "paused" | "cancelled">()
  /** When branches were cancelled. */
  readonly cancelledAt = new Map<string, number>()
  gates: ReadonlyArray<Event.GateHook> = []
  owners = 0
  /** When the run got its present owner. */
  ownedAt = 0
  /** Nothing holds up the process that writes: what is due at a time happens at that time. */
  isPunctual = false
  /** The process that writes stood still, or has been robbed, and may not know how things are. */
  isOutOfTouch = false
  /** Nobody waits for the run any more: it was created after the attempt that it is had been given up. */
  isOrphan = false
  /** Child runs whose attempt was given up: nobody waits for them. */
  readonly givenUp = new Set<string>()
  readonly owed = new Map<number, Owed>()
  readonly handled = new Set<string>()
  /** Ids of commands, with the append that carried them out. */
  readonly commands = new Map<string, number>()
  /** Limits by branch; those of the run by the empty name. */
  readonly budgets = new Map<string, Budget.BudgetLimits>()
  /** Budgets that are used up and have not been raised since. */
  readonly shortages = new Map<string, Budget.Shortage>()
  /** What each attempt of a node has reserved and used. */
  readonly bills = new Map<string, Array<Bill>>()
  /** Rounds of growth so far, the answer that made the last one, and the round that added a node. */
  round = 0
  lastRound: string | undefined
  readonly rounds = new Map<string, number>()
  /** Appends so far. */
  appends = 0
  /** Later visits so far, and the times that an end began to count. */
  visits = 0
  settlements = 0
  /** Visits that have to be made before anything else happens. */
  wantedVisits: Event.EventOf<"NodesAdded">["visits"] & {} = []

  node(id: string): ModelNode {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`the log names "${id}", which it never added`)
    return node
  }

  policy(node: ModelNode): string {
    return node.spec.onFailure ?? this.config?.onFailure ?? "halt"
  }

  isEnded(node: ModelNode): boolean {
    return !["pending", "running", "retrying", "waiting"].includes(node.status)
  }

  /** Whether the end of a node counts for those that depend on it. */
  counts(node: ModelNode): boolean {
    if (!this.isEnded(node) || this.owed.has(node.endSequence)) return false
    if (node.status !== "failed" || this.handled.has(node.id)) return true
    return this.policy(node) === "continue" || this.policy(node) === "best_effort"
  }

  dependencies(node: ModelNode): ReadonlyArray<ModelNode> {
    const ids = (node.spec.dependencies ?? []).map((one) => (typeof one === "string" ? one : one.node))
    return [...new Set(ids)].map((id) => this.node(id))
  }

  isConditional({ spec }: ModelNode): boolean {
    return spec.when !== undefined || spec.dependencies?.some((one) => typeof one !== "string") === true
  }

  /** What the conditions of a node whose dependencies all count come to, or came to when they were decided. */
  conditions(node: ModelNode): Conditions {
    if (node.route !== undefined && node.decided !== undefined) return node.decided
    const inactive = new Set<string>()
    // A node that is skipped whatever its conditions say is not asked for them.
    if (!this.isPossible(node)) return { inactive, isBroken: false, isWanted: true }
    for (const edge of node.spec.dependencies ?? []) {
      if (typeof edge === "string" || !this.#isGood(node, edge.node)) continue
      const holds = this.#holds(node, edge.when)
      if (holds === undefined) return { inactive, isBroken: true, isWanted: false }
      if (!holds) inactive.add(edge.node)
    }
    if (node.spec.when === undefined || !this.#isTriggered(node, inactive))
      return { inactive, isBroken: false, isWanted: true }
    const isWanted = this.#holds(node, node.spec.when)
    return { inactive, isBroken: isWanted === undefined, isWanted: isWanted === true }
  }

  /** Whether a node has a condition that reads channels. */
  readsChannels({ spec }: ModelNode): boolean {
    const edges = (spec.dependencies ?? []).map((one) => (typeof one === "string" ? undefined : one.when))
    return [spec.when, ...edges].some((condition) => condition?.includes("channels.") === true)
  }

  /** Whether a node may start if its conditions say so. */
  isPossible(node: ModelNode): boolean {
    const edges = (node.spec.dependencies ?? []).flatMap((one) =>
      typeof one !== "string" && this.#isGood(node, one.node) ? [one.node] : []
    )
    return [...edges, ""].some((_, count) => this.#isTriggered(node, new Set(edges.slice(0, count))))
  }

  /** Whether the conditions of a node wait for the end of the step that goes on, to see what it leaves in channels. */
  isUndecided(node: ModelNode): boolean {
    const { route, status } = node
    const isAsked = status === "pending" && route === undefined && this.isConditional(node) && !isRouted(node)
    return isAsked && this.step.isOpen && this.isPossible(node)
  }

  #isGood(node: ModelNode, dependency: string): boolean {
    return weightOf(this, node, this.node(dependency)) === "good"
  }

  /** Whether a condition of a simulated node holds; `undefined` when it reads what is not there. */
  #holds(node: ModelNode, condition: string): boolean | undefined {
    if (condition === "true" || condition === "false") return condition === "true"
    const ofChannel = holdsOfChannels(this.channels.values, condition)
    if (ofChannel !== "none") return ofChannel
    const found = /^(has\((\w+)\.sum\) && )?(\w+)\.sum % (\d) == (\d)$/.exec(condition)
    const [, test, , id = "", modulus, rest] = found ?? []
    const sum = visitMeant(this, node, id)?.outputs?.["sum"]
    // What the items of a list gave is a list, which has no remainder.
    if (typeof sum === "object") return undefined
    if (typeof sum !== "number") return test === undefined ? undefined : false
    return sum % Number(modulus) === Number(rest)
  }

  /** Whether hooks still owe an answer to the event that added a node while the run went on. */
  isUnseen({ addedSequence }: ModelNode): boolean {
    return addedSequence > 1 && this.owed.has(addedSequence)
  }

  /** Whether all dependencies of a node have ended and count, and hooks have seen that it was added. */
  isDue(node: ModelNode): boolean {
    return !this.isUnseen(node) && this.dependencies(node).every((dependency) => this.counts(dependency))
  }

  /** Whether the trigger rule of a node whose dependencies all count lets it start. */
  isTriggered(node: ModelNode): boolean {
    return this.#isTriggered(node, this.conditions(node).inactive)
  }

  /** Whether it would start if no edge were inactive. */
  isTriggeredAnyway(node: ModelNode): boolean {
    return this.#isTriggered(node, new Set())
  }

  #isTriggered(node: ModelNode, inactive: ReadonlySet<string>): boolean {
    const dependencies = this.dependencies(node)
    if (dependencies.length === 0) return true
    const weights = dependencies.map((one) => (inactive.has(one.id) ? "absent" : weightOf(this, node, one)))
    const good = weights.filter((weight) => weight === "good").length
    const bad = weights.filter((weight) => weight === "bad").length
    const absent = dependencies.length - good - bad
    switch (node.spec.trigger ?? "all_success") {
      case "all_success":
        return good === dependencies.length
      case "all_failed":
        return bad === dependencies.length
      case "one_success":
        return good >= 1
      case "one_failed":
        return bad >= 1
      case "none_failed":
        return good + absent === dependencies.length
      case "none_failed_min_one_success":
        return good >= 1 && bad === 0
      case "all_done":
      case "always":
        return true
    }
  }

  /** The members of a branch: its roots, and every node all of whose dependencies are members. */
  members(branch: string): ReadonlySet<string> {
    const members = new Set<string>()
    for (let size = -1; size !== members.size;) {
      size = members.size
      for (const { id, list, spec } of this.nodes.values()) {
        const dependencies = (spec.dependencies ?? []).map((one) =>
          typeof one === "string" ? one : one.node
        )
        const isInside = dependencies.length > 0 && dependencies.every((one) => members.has(one))
        if (list !== undefined && members.has(list)) members.add(id)
        if (id === branch || spec.branch === branch || isInside) members.add(id)
      }
    }
    return members
  }

  /** Whether a node belongs to a branch that is paused, or cancelled. */
  isIn(node: ModelNode, status: "paused" | "cancelled"): boolean {
    for (const [branch, its] of this.branches) {
      if (its === status && this.members(branch).has(node.id)) return true
    }
    return false
  }

  /** Whether a node would start now if a slot were free. Retries are left out: they wait for their time. */
  mayStart(node: ModelNode): boolean {
    if (!this.hasPlace(node) || node.spec.forEach !== undefined) return false
    if (node.status === "running") return node.isHandling && !node.inFlight && !this.isIn(node, "paused")
    return this.#mayBegin(node)
  }

  #mayBegin(node: ModelNode): boolean {
    return (
      node.status === "pending" &&
      node.enabled &&
      !this.isUnseen(node) &&
      !this.isUndecided(node) &&
      (isRouted(node) || (this.isDue(node) && this.#mayStartByConditions(node))) &&
      !this.isIn(node, "paused") &&
      !this.isIn(node, "cancelled")
    )
  }

  /** A node whose condition cannot be evaluated starts, and fails. */
  #mayStartByConditions(node: ModelNode): boolean {
    const { isBroken, isWanted } = this.conditions(node)
    return isBroken || (isWanted && this.isTriggered(node))
  }

  /** Whether a node would become its items now. */
  mayExpand(node: ModelNode): boolean {
    return node.spec.forEach !== undefined && this.#mayBegin(node)
  }

  /** Whether a node has been led past, and its rule is not met all the same: it waits for who may still lead to it. */
  isPassedOver(node: ModelNode): boolean {
    const waits = node.status === "pending" && !isRouted(node) && this.isDue(node) && isLedPast(this, node)
    return waits && !this.#mayStartByConditions(node)
  }

  /** Whether the list that a node is an item of allows one more attempt. */
  hasPlace({ list }: ModelNode): boolean {
    if (list === undefined) return true
    const { items = [], spec } = this.node(list)
    const busy = items.filter((id) => isBusy(this.node(id))).length
    // A list of child runs without a bound of its own has that of its run.
    const bound = spec.flow === undefined ? Infinity : (this.config?.maxParallel ?? 0)
    return busy < (spec.forEach?.maxParallel ?? bound)
  }

  /** Whether all items of a list have ended and count. */
  isListDone({ items = [] }: ModelNode): boolean {
    return items.every((id) => this.counts(this.node(id)))
  }

  get inFlight(): number {
    return [...this.nodes.values()].filter((node) => node.inFlight).length
  }

  /** Whether the time of the run is over, so that nothing of it starts any more. */
  isOverdue(atMillis: number): boolean {
    return atMillis >= this.startedAt + (this.config?.timeoutMillis ?? Infinity)
  }

  /** Whether nothing may start at all. */
  get isHeld(): boolean {
    return (
      this.isPaused ||
      this.interrupted !== undefined ||
      this.result !== undefined ||
      [...this.owed.values()].some((owed) => owed.envelope.event._tag === "RunStarted")
    )
  }

  /** Failures that count against the run, in the order of the log. */
  get unforgiven(): ReadonlyArray<ModelNode> {
    return [...this.nodes.values()]
      .filter((node) => node.status === "failed" && !this.handled.has(node.id))
      .sort((a, b) => a.endSequence - b.endSequence)
  }
}

/** What a simulated schedule consists of: plain data, so that it can be printed, cut down and run again. */
import type { Command, Event, FlowSpec, NodeSpec } from "@dagflow/protocol"
import type { Leads } from "./RandomRoutes.ts"

/** How an execution of an action goes. */
export interface Outcome {
  readonly kind:
    | "succeeds"
    | "fails"
    /** It fails with an error that says that trying again is of no use. */
    | "fails_for_good"
    /** It returns an output that it marks as unsuccessful. */
    | "reports_failure"
    | "throws"
    | "dies"
    /** It goes on until it is interrupted. */
    | "hangs"
    /** It cannot be interrupted, and succeeds in the end. */
    | "is_stubborn"
    /** It cannot be interrupted, and fails in the end. */
    | "fails_stubbornly"
    /** It returns what no log can hold. */
    | "returns_nonsense"
    /** It lets its node wait for an answer. */
    | "waits"
    /** It lets its node wait for a time. */
    | "sleeps"
    /** It succeeds with an output that is stored outside the log. */
    | "succeeds_at_length"
  readonly afterMillis: number
  /** What the action returns: its value itself (only after no time), an Effect, or something that is thenable. */
  readonly form: "plain" | "effect" | "thenable"
  /** The deadline of its wait, and what happens then. */
  readonly timeoutMillis?: number
  readonly onTimeout?: "autopilot" | "pause" | "fail"
}

/** What the executions of a node's action and failure handler do. The last outcome of a list is that of all further ones. */
export interface Script {
  /** By how many attempts of the node have failed by themselves, lost ones left out. */
  readonly action: ReadonlyArray<Outcome>
  readonly handler: Outcome
}

/** How a hook answers. */
export interface HookReply {
  readonly kind: "answers" | "fails" | "throws" | "hangs" | "answers_nonsense"
  readonly afterMillis: number
  readonly form: "plain" | "effect" | "thenable"
  readonly commands: ReadonlyArray<Command.Command>
}

/** What makes a hook answer in that way. */
export interface HookRule {
  readonly tag: Event.EventTag
  /** Only events about this node; of failures only final ones. */
  readonly nodeId: string | undefined
  readonly reply: HookReply
}

/** A hook of the schedule. It answers nothing to what no rule names. */
export interface HookPlan {
  readonly name: string
  readonly mode: "gate" | "observe"
  /** Processes from this number on do not have it. */
  readonly goneFrom: number | undefined
  readonly on: ReadonlyArray<Event.EventTag>
  readonly onStart: HookReply | undefined
  readonly onComplete: HookReply | undefined
  readonly rules: ReadonlyArray<HookRule>
}

/** A command from outside. One that has an id is sent again after a crash unless it was acknowledged. */
export interface CommandPlan {
  readonly atMillis: number
  readonly via: "handle" | "mail"
  /** It goes to one of the runs below that go on then: which of them, counted on from the first one over and over. By mail only. */
  readonly child?: number
  readonly command: Command.Command
  /** It is sent once more, later, as a sender does that has heard nothing. */
  readonly isRepeated: boolean
}

/** What happens to a process, and how the next one takes the run up. */
export interface Fault {
  readonly kind:
    /** SIGKILL. */
    | "killed"
    /** It stands still until another process has taken over, and then goes on. */
    | "frozen"
    /** Its engine is closed in good order. */
    | "closed"
    /** It is well, and yet another process takes the run by force. */
    | "robbed"
  readonly when:
    /** Its nth write has not reached the store yet; the creation of the run counts. */
    | { readonly _tag: "BeforeWrite"; readonly write: number }
    /** Its nth write has been made, and it has not heard of it. */
    | { readonly _tag: "AfterWrite"; readonly write: number }
    /** Between two tasks of its fibers. */
    | { readonly _tag: "AtStep"; readonly step: number }
}

/** A schedule. */
export interface Scenario {
  readonly seed: number
  readonly flow: FlowSpec.FlowSpec
  readonly scripts: Readonly<Record<string, Script>>
  /** The channels that a node writes to when it succeeds, by node. */
  readonly writes: Readonly<Record<string, ReadonlyArray<string>>>
  /** Where nodes lead when they succeed. */
  readonly leads: Leads
  readonly hooks: ReadonlyArray<HookPlan>
  readonly commands: ReadonlyArray<CommandPlan>
  readonly faults: ReadonlyArray<Fault>
  readonly engine: {
    readonly maxParallel: number | undefined
    readonly inboxCapacity: number
    readonly hookConcurrency: number
    /** How long it waits for attempts when it is closed, in milliseconds. */
    readonly shutdownGrace: number
    /** How long its runs only wait before they are parked, in milliseconds; left out: for ever. */
    readonly parkAfter?: number
  }
  readonly store: {
    /** Longest time that a write takes. */
    readonly latencyMillis: number
    /** How probable it is that the store is not available when it is asked to write. */
    readonly unavailable: number
  }
  /** Runs of the flow that go on at once, on one engine. */
  readonly runs: number
  /** Whether each run continues the one before, once that has ended, with its channels and steps; left out: all begin at once. */
  readonly isSession?: boolean
  /** Whether chance decides whose fiber goes on. */
  readonly isShuffled: boolean
}

const withInner = (node: NodeSpec.NodeDraft): ReadonlyArray<NodeSpec.NodeDraft> => [
  node,
  ...(node.flow?.nodes ?? []).flatMap(withInner)
]

/** All nodes of a schedule: those of its flow, those by which it may grow, and what is inside of any of them. */
export const nodesOf = (scenario: Scenario): ReadonlyArray<NodeSpec.NodeDraft> => {
  const grown = commandsOf(scenario).flatMap((command): ReadonlyArray<NodeSpec.NodeDraft> => {
    if (command._tag === "AddNode") return [command.node]
    return command._tag === "AddNodes" ? command.nodes : []
  })
  return [...scenario.flow.nodes, ...grown].flatMap(withInner)
}

/** All commands that hooks and outsiders may give. */
export const commandsOf = (scenario: Scenario): ReadonlyArray<Command.Command> => [
  ...scenario.commands.map((plan) => plan.command),
  ...scenario.hooks.flatMap((plan) =>
    [plan.onStart, plan.onComplete, ...plan.rules.map((rule) => rule.reply)].flatMap(
      (reply) => reply?.commands ?? []
    )
  )
]

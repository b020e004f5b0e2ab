/** What every change of a node's status goes through: the table of legal transitions, and the counts by status. */
import { charge } from "./evolveBudget.ts"
import type { NodeState } from "./NodeState.ts"
import * as NodeStatus from "./NodeStatus.ts"
import type { RunState } from "./RunState.ts"

/** The node that an event names; an event about an unknown node, or an illegal one, changes nothing and is noted. */
export const move = (
  state: RunState,
  nodeId: string,
  to: NodeStatus.NodeStatus,
  tag: string
): NodeState | undefined => {
  const node = state.byId.get(nodeId)
  if (node === undefined) {
    state.violations.push(`${tag} at ${state.sequence}: there is no node "${nodeId}"`)
    return undefined
  }
  return moveNode(state, node, to, tag)
}

/** Moves a node to a status, if the table allows it. */
export const moveNode = (
  state: RunState,
  node: NodeState,
  to: NodeStatus.NodeStatus,
  tag: string
): NodeState | undefined => {
  if (!NodeStatus.isLegal(node.status, to)) {
    state.violations.push(`${tag} at ${state.sequence}: node "${node.spec.id}" is ${node.status}`)
    return undefined
  }
  if (node.status === "retrying") state.retrying.delete(node)
  else if (node.status === "waiting") state.sleeping.delete(node)
  if (to === "retrying") state.retrying.add(node)
  state.counts[node.status]--
  state.counts[to]++
  node.status = to
  return node
}

/** The node whose attempt in flight an event belongs to; anything else is late and is noted. */
export const current = (
  state: RunState,
  nodeId: string,
  attempt: number,
  tag: string
): NodeState | undefined => {
  const node = state.byId.get(nodeId)
  if (node !== undefined && node.inFlight && node.attempt === attempt) return node
  state.violations.push(`${tag} at ${state.sequence}: attempt ${attempt} of "${nodeId}" is not in flight`)
  return undefined
}

/** Begins an attempt; whether it holds a slot is another matter. */
export const openAttempt = (
  node: NodeState,
  number: number,
  role: NodeState["attempts"][number]["role"],
  at: number,
  reserved?: NodeState["attempts"][number]["reserved"],
  childRunId?: string
): void => {
  node.attempt = number
  node.retryAtMillis = undefined
  const attempt: NodeState["attempts"][number] = {
    number,
    role,
    startedAtMillis: at,
    endedAtMillis: undefined,
    error: undefined,
    usage: undefined,
    reserved,
    childRunId,
    wait: undefined
  }
  // Most nodes have one attempt, and a list of one takes its room alone; one that grows is given room for seventeen.
  if (node.attempts.length === 0) node.attempts = [attempt]
  else node.attempts.push(attempt)
}

/** Ends the attempt that goes on, if one does. What it used up, and how it ended, has to be known by now. */
export const endAttempt = (state: RunState, node: NodeState, at: number): void => {
  const { child, inFlight } = node
  const goesOn = inFlight || child !== undefined
  if (inFlight) {
    node.inFlight = false
    state.inFlight--
  } else if (child !== undefined) {
    node.child = undefined
    state.children.delete(node)
  } else if (node.items === undefined) return
  if (goesOn && node.list?.items !== undefined) {
    node.list.items.inFlight--
    state.due.push(node.list)
  }
  const attempt = node.attempts.at(-1)
  if (attempt === undefined) return
  attempt.endedAtMillis = at
  // What a list uses up is charged to its items.
  if (goesOn && state.budget !== undefined) charge(state, node, attempt)
}

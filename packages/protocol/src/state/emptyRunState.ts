import { defaults } from "../definition/FlowConfig.ts"
import type { RunState } from "./RunState.ts"

/** The state of a run of which nothing has been recorded yet. */
export const emptyRunState = (runId: string): RunState => ({
  runId,
  sequence: 0,
  epoch: 0,
  owner: undefined,
  status: "running",
  flow: undefined,
  hash: "",
  config: defaults,
  inputs: {},
  seed: 0,
  actions: {},
  startedAtMillis: 0,
  endedAtMillis: undefined,
  nodes: [],
  byId: new Map(),
  counts: { pending: 0, running: 0, retrying: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
  inFlight: 0,
  generated: new Map(),
  iterations: 0,
  lastGrowth: undefined,
  failures: [],
  handled: new Set(),
  branches: new Map(),
  interrupted: undefined,
  pause: undefined,
  pausedBy: new Set(),
  result: undefined,
  gates: new Map(),
  owed: new Map(),
  commands: new Map(),
  due: [],
  unhandled: [],
  violations: []
})

/**
 * The commands by name, each with its module, which is loaded when it is asked for: a command that reads the list of runs
 * does not wait for what runs a flow, and one that runs a flow does not wait for the other twenty.
 */
import * as Effect from "effect/Effect"

const modules = {
  run: async () => (await import("./run.ts")).run,
  validate: async () => (await import("./validate.ts")).validate,
  graph: async () => (await import("./graph.ts")).graph,
  runs: async () => (await import("./runs.ts")).runs,
  show: async () => (await import("./show.ts")).show,
  events: async () => (await import("./events.ts")).events,
  resume: async () => (await import("./resume.ts")).resume,
  pause: async () => (await import("./pause.ts")).pause,
  cancel: async () => (await import("./cancel.ts")).cancel,
  send: async () => (await import("./send.ts")).send,
  approve: async () => (await import("./approve.ts")).approve,
  reject: async () => (await import("./approve.ts")).reject,
  fork: async () => (await import("./fork.ts")).fork,
  diff: async () => (await import("./diff.ts")).diff,
  export: async () => (await import("./export.ts")).exportRun,
  import: async () => (await import("./import.ts")).importRun,
  prune: async () => (await import("./prune.ts")).prune,
  migrate: async () => (await import("./migrate.ts")).migrate,
  doctor: async () => (await import("./doctor.ts")).doctor,
  store: async () => (await import("./store.ts")).store,
  init: async () => (await import("./init.ts")).init,
  schema: async () => (await import("./schema.ts")).schema,
  completion: async () => (await import("./completion.ts")).completion,
  help: async () => (await import("./help.ts")).help
}

type Name = keyof typeof modules

/** A command of any name. */
export type Named = Awaited<ReturnType<(typeof modules)[Name]>>

/** Whether there is a command of a name. */
export const has = (word: string | undefined): word is Name =>
  word !== undefined && Object.hasOwn(modules, word)

/**
 * What has to be loaded to understand words: the command that they begin with, or else all, since help lists them, a
 * mistyped name is compared with them, and completion scripts are made of them.
 */
export const named = (words: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Named>> => {
  const [first] = words
  const needed = has(first) && first !== "completion" ? [modules[first]] : Object.values(modules)
  return Effect.promise(() => Promise.all(needed.map((load): Promise<Named> => load())))
}

/** The systems by name. Each is imported only when it is measured, so that none pays for the others. */
import type { System } from "./System.ts"

export const systems: Readonly<Record<string, () => Promise<System>>> = {
  plain: async () => (await import("./plain.ts")).plain,
  "raw-tx": async () => (await import("./rawSqlite.ts")).rawSqlite("tx", "NORMAL"),
  "raw-group": async () => (await import("./rawSqlite.ts")).rawSqlite("group", "NORMAL"),
  "raw-group2": async () => (await import("./rawSqlite.ts")).rawSqlite("group2", "NORMAL"),
  "raw-tx FULL": async () => (await import("./rawSqlite.ts")).rawSqlite("tx", "FULL"),
  "raw-group2 FULL": async () => (await import("./rawSqlite.ts")).rawSqlite("group2", "FULL"),
  "effect fibers": async () => (await import("./effectFibers.ts")).effectFibers,
  "effect/workflow": async () => (await import("./effectWorkflow.ts")).effectWorkflow,
  "dagflow memory": async () => (await import("./dagflowMemory.ts")).dagflowMemory("observer"),
  "dagflow memory, gate": async () => (await import("./dagflowMemory.ts")).dagflowMemory("gate"),
  "dagflow SQLite": async () => (await import("./dagflowSqlite.ts")).dagflowSqlite("normal", "observer"),
  "dagflow SQLite, gate": async () => (await import("./dagflowSqlite.ts")).dagflowSqlite("normal", "gate"),
  "dagflow SQLite FULL": async () => (await import("./dagflowSqlite.ts")).dagflowSqlite("full", "observer"),
  "raw-tx Postgres": async () => (await import("./rawPostgres.ts")).rawPostgres("tx"),
  "raw-group2 Postgres": async () => (await import("./rawPostgres.ts")).rawPostgres("group2"),
  "dagflow Postgres": async () => (await import("./dagflowPostgres.ts")).dagflowPostgres("observer"),
  "DBOS Postgres": async () => (await import("./dbos.ts")).dbos,
  LangGraph: async () => (await import("./langGraph.ts")).langGraph,
  "LangGraph SQLite": async () => (await import("./langGraph.ts")).langGraphSqlite
}

/** The system of a name. */
export const load = (name: string): Promise<System> => {
  const system = systems[name]
  if (system === undefined) throw new Error(`there is no system "${name}"`)
  return system()
}

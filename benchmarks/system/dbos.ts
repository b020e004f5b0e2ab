/**
 * DBOS with its steps in PostgreSQL, in a database of its own: a workflow that runs layer after layer, since it finds finished
 * steps again by the order in which they were called.
 */
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { DBOS } from "@dbos-inc/dbos-sdk"
import { concurrency, measure, type Measured, type System, type Task } from "./System.ts"

const database = "benchmark_dbos"

/** The nodes by how many others come before them, at most as many at once as may run. */
const batches = ({ graph }: Task): ReadonlyArray<ReadonlyArray<number>> => {
  const layers: Array<Array<number>> = []
  const depths: Array<number> = []
  for (const [node, list] of graph.dependencies.entries()) {
    const depth = list.reduce((most, one) => Math.max(most, (depths[one] ?? 0) + 1), 0)
    depths.push(depth)
    ;(layers[depth] ??= []).push(node)
  }
  return layers.flatMap((layer) =>
    Array.from({ length: Math.ceil(layer.length / concurrency) }, (_, part) =>
      layer.slice(part * concurrency, (part + 1) * concurrency)
    )
  )
}

const step = ({ visit }: Task, node: number): Promise<unknown> =>
  DBOS.runStep(() => visit(node), { name: `n${node}` })

const runLayers = async (task: Task): Promise<void> => {
  for (const batch of batches(task)) await Promise.all(batch.map((node) => step(task, node)))
}

/** A loop whose next step is known once the one before is done: growth, as a workflow has it. */
const runGrowing = async (task: Task): Promise<void> => {
  for (let node = 0; node < task.graph.dependencies.length; node++) await step(task, node)
}

/** Makes an empty database and starts DBOS before the clock runs; then measures one workflow. */
const execute = async (task: Task, body: (task: Task) => Promise<void>): Promise<Measured> => {
  const server = await postgresUrl()
  await runSql(server, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, `CREATE DATABASE ${database}`)
  const systemDatabaseUrl = changeUrl(server, { database })
  DBOS.setConfig({ name: "benchmark", systemDatabaseUrl, logLevel: "error", runAdminServer: false })
  const workflow = DBOS.registerWorkflow(() => body(task), { name: "benchmark" })
  await DBOS.launch()
  const measured = await measure(
    () => workflow,
    (run) => run()
  )
  await DBOS.shutdown({ deregister: true })
  const size = "SELECT pg_total_relation_size('dbos.operation_outputs')::float AS bytes"
  const storedBytes = Number((await runSql(systemDatabaseUrl, size))[0]?.["bytes"])
  return { ...measured, storedBytes }
}

export const dbos: System = {
  run: (task) => execute(task, runLayers),
  grow: (task) => execute(task, runGrowing)
}

/** The JSON Schema that editors complete and check the flows of a project by: it names the project's actions. */
import { FlowYaml } from "@dagflow/yaml"
import { actionsOf } from "../run/EngineLayer.ts"
import type { DagflowConfig } from "./DagflowConfig.ts"

/** The name of its file, which stands beside the configuration. */
export const name = "dagflow.schema.json"

/** The content of the file. */
export const text = (config: DagflowConfig): string => {
  const names = actionsOf(config).map((action) => action.name)
  return `${JSON.stringify(FlowYaml.jsonSchema({ actions: names }), null, 2)}\n`
}

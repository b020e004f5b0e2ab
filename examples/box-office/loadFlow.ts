/** The flow of this folder, as `flow.yaml` has it. */
import { readFile } from "node:fs/promises"
import path from "node:path"
import { FlowYaml } from "@dagflow/yaml"
import * as Effect from "effect/Effect"

const file = path.join(import.meta.dirname, "flow.yaml")

/** Reads the flow. A file that is no flow fails with a `DefinitionError`, which names each line that is wrong. */
export const loadFlow = Effect.flatMap(
  Effect.promise(() => readFile(file, "utf8")),
  (text) => FlowYaml.parse(text, { file })
)

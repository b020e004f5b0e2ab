/** Writes the schema for editors: `pnpm --filter @dagflow/yaml run schema`. A test says when that is due. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { FlowYaml } from "../src/index.ts"

const file = path.join(import.meta.dirname, "flow.schema.json")
writeFileSync(file, `${JSON.stringify(FlowYaml.jsonSchema(), null, 2)}\n`)

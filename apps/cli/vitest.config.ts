import { project } from "../../vitest.project.ts"

export default project("cli", {
  globalSetup: ["test/bundled.ts", "@dagflow/internal-test-postgres/global-setup"]
})

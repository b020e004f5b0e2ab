import { project } from "../vitest.project.ts"

export default project("benchmarks", { globalSetup: ["@dagflow/internal-test-postgres/global-setup"] })

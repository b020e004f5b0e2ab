import { project } from "../vitest.project.ts"

export default project("tests", { globalSetup: ["@dagflow/internal-test-postgres/global-setup"] })

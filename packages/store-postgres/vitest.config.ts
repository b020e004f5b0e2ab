import { project } from "../../vitest.project.ts"

export default project("store-postgres", { globalSetup: ["@dagflow/internal-test-postgres/global-setup"] })

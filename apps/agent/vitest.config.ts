import { project } from "../../vitest.project.ts"

// Each test runs several processes, one after the other.
export default project("agent", { testTimeout: 120_000 })

import { project } from "../../vitest.project.ts"

// These tests leave nothing behind in their process, so that all of them may use what one of them has loaded.
export default project("protocol", { isolate: false })

import { project } from "../../vitest.project.ts"

export default project("box-office")

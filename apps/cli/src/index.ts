/** What a `dagflow.config.ts` imports. */
export { defineConfig, type DagflowConfig } from "./config/DagflowConfig.ts"

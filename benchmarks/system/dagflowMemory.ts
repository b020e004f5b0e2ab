/** DAG Flow with its runs in memory. */
import { MemoryStore } from "@dagflow/store-memory"
import { dagflow } from "./dagflow.ts"
import type { System } from "./System.ts"

export const dagflowMemory = (listens: "observer" | "gate"): System =>
  dagflow({ layer: () => MemoryStore.layer }, listens)

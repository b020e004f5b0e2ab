/** DAG Flow with its runs in a SQLite file. */
import { statSync } from "node:fs"
import path from "node:path"
import { SqliteStore } from "@dagflow/store-sqlite"
import { dagflow } from "./dagflow.ts"
import type { System } from "./System.ts"

const fileIn = (folder: string): string => path.join(folder, "runs.db")

export const dagflowSqlite = (durability: "normal" | "full", listens: "observer" | "gate"): System =>
  dagflow(
    {
      layer: (folder) => SqliteStore.layer({ filename: fileIn(folder), durability }),
      // Closing the store has written everything back into the file.
      bytes: (folder) => statSync(fileIn(folder)).size
    },
    listens
  )

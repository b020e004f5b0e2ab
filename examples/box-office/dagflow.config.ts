/** What flows of this folder need: their actions, the hooks that watch over them, and where their runs are kept. */
import path from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig } from "@dagflow/cli"
import { byDecade } from "./action/byDecade.ts"
import { byGenre } from "./action/byGenre.ts"
import { checkRows } from "./action/checkRows.ts"
import { composeReport } from "./action/composeReport.ts"
import { mendRows } from "./action/mendRows.ts"
import { repairRows } from "./action/repairRows.ts"
import { storedPrices } from "./action/storedPrices.ts"
import { toFilms } from "./action/toFilms.ts"
import { cleanUp } from "./hook/cleanUp.ts"

const folder = import.meta.dirname

/** Where the package with the films really is; the one in `node_modules` may be a link. */
const films = path.dirname(path.dirname(fileURLToPath(import.meta.resolve("vega-datasets"))))

export default defineConfig({
  store: "sqlite:.dagflow/box-office.db",
  standardActions: { folder, roots: [folder, films] },
  actions: [byDecade, byGenre, checkRows, composeReport, mendRows, ...repairRows, storedPrices, toFilms],
  hooks: [cleanUp]
})

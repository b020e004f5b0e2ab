/** The price index as it was when this example was written, for when the service that knows it cannot be reached. */
import { readFile } from "node:fs/promises"
import path from "node:path"
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { PriceIndex } from "./toFilms.ts"

/** The file that holds the index. */
export const priceIndexFile = path.join(import.meta.dirname, "../price-index.json")

const decode = Schema.decodeUnknownPromise(Schema.Struct({ source: Schema.String, prices: PriceIndex }))

/** Stands in for the answer of the service, so it gives all that an HTTP request would. */
export const storedPrices = Action.fn("stored-prices", async (_: object, { failed, log }) => {
  log(`the service did not answer after ${failed?.attempts} attempts: ${failed?.message}`)
  const body = await decode(JSON.parse(await readFile(priceIndexFile, "utf8")))
  return { status: 200, headers: {}, body }
})

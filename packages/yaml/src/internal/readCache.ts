import { CachePolicy } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import type { Writable } from "./writable.ts"

const fields = CachePolicy.CacheUse.fields
const keys = MapReader.keys(
  "cache",
  Object.keys(fields).map((key) => (key === "ttlMillis" ? "ttl" : key))
)
const ttl = Leaf.duration(fields.ttlMillis.schema, "1ms", "3650d")

/** Reads the value of `cache`: yes or no, or for how long and by which inputs. */
export const read = (at: Cursor.Cursor, name: string): CachePolicy.CachePolicy | undefined => {
  if (Cursor.isNull(at)) return undefined
  if (isScalar(at.node)) {
    const isUsed = Leaf.boolean(at, name)
    return isUsed === undefined ? undefined : isUsed && {}
  }
  const use: Writable<CachePolicy.CacheUse> = {}
  const given = MapReader.read(at, keys, (key, value) => {
    if (key === "ttl") Leaf.set(use, "ttlMillis", ttl(value, key))
    else Leaf.set(use, "key", isScalar(value.node) ? single(value, key) : Leaf.texts(value, key))
  })
  return given === undefined ? undefined : use
}

const single = (at: Cursor.Cursor, key: string): ReadonlyArray<string> | undefined => {
  const name = Leaf.text(at, key)
  return name === undefined ? undefined : [name]
}

import { ChannelSpec } from "@dagflow/protocol"
import { isScalar } from "yaml"
import * as Cursor from "./cursor.ts"
import * as FileChannel from "./fileChannel.ts"
import * as Json from "./json.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import * as Origins from "./origins.ts"
import type { Writable } from "./writable.ts"

type Channel = Writable<ChannelSpec.ChannelSpec>

const fields = ChannelSpec.ChannelSpec.fields
const keys = MapReader.keys("channel", Object.keys(FileChannel.Channel.fields))
const reducer = Leaf.of(fields.reducer.schema)
const version = Leaf.of(fields.version.schema)
const scope = Leaf.of(fields.scope.schema)

/** Reads the `channels` of a flow: a map from names to channels, or to just their reducers. */
export const read = (at: Cursor.Cursor, origins: Origins.Origins): ChannelSpec.ChannelSpecs | undefined => {
  if (Cursor.isNull(at)) return undefined
  const entries = Cursor.entries(at)
  if (entries === undefined) {
    Leaf.refuse(at, "channels", "expected a map from the names of channels to what they are")
    return undefined
  }
  const channels: Record<string, ChannelSpec.ChannelSpec> = {}
  for (const { key, name, value } of entries) {
    if (value === undefined) continue
    Leaf.set(channels, name, readOne(value, name, Origins.add(origins, name, key)))
  }
  return channels
}

// -- internal -------------------------------------------------------------------------------------------------------

const readOne = (at: Cursor.Cursor, name: string, origins: Origins.Origins): Channel | undefined => {
  if (Cursor.isNull(at)) return {}
  const channel: Channel = {}
  if (isScalar(at.node)) {
    Origins.add(origins, "reducer", Cursor.place(at))
    Leaf.set(channel, "reducer", reducer(at, name))
    return channel
  }
  const given = MapReader.read(at, keys, (key, value) => {
    Origins.add(origins, key, Cursor.place(value))
    switch (key) {
      case "reducer":
        return Leaf.set(channel, "reducer", reducer(value, key))
      case "default":
        return Leaf.set(channel, "default", Json.of(value))
      case "schema":
        return Leaf.set(channel, "schema", Leaf.record(value, key))
      case "version":
        return Leaf.set(channel, "version", version(value, key))
      case "scope":
        return Leaf.set(channel, "scope", scope(value, key))
      case "description":
        return Leaf.set(channel, "description", Leaf.text(value, key))
    }
  })
  return given === undefined ? undefined : channel
}

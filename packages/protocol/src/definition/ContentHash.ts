/** SHA-256 of text and JSON, written as lower-case hexadecimal digits. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import type * as Schema from "effect/Schema"
import { canonicalJson } from "./canonicalJson.ts"

/** The hash of a text's UTF-8 bytes: 64 hexadecimal digits. */
export const ofText = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

/** The hash of a JSON value; equal values have equal hashes, whatever the order of their keys. */
export const ofJson = (value: Schema.Json): string => ofText(canonicalJson(value))

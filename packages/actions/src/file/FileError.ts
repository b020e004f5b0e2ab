/** Why a file could not be read or changed. */
import * as Schema from "effect/Schema"

/** What was wrong with a file. */
export const FileReason = Schema.Union([
  /** The path, with its symbolic links followed, is outside of every allowed folder. */
  Schema.TaggedStruct("OutsideRoots", { roots: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("FileNotFound", {}),
  /** The content is not what the node asked for, such as JSON. */
  Schema.TaggedStruct("MalformedContent", { message: Schema.String }),
  Schema.TaggedStruct("TooLarge", { bytes: Schema.Finite, maximum: Schema.Finite }),
  /** The system refuses: no permission, a folder where a file was expected, and the like. */
  Schema.TaggedStruct("Refused", { code: Schema.String }),
  /** The system cannot do it now: the disk is full, the file busy, too many are open. */
  Schema.TaggedStruct("Unavailable", { code: Schema.String })
])
/** What was wrong with a file. */
export type FileReason = typeof FileReason.Type

const describe = (reason: FileReason): string => {
  switch (reason._tag) {
    case "OutsideRoots":
      return `it is outside of the allowed folders (${reason.roots.join(", ")}): allow its folder with the option "roots"`
    case "FileNotFound":
      return "there is no such file"
    case "MalformedContent":
      return reason.message
    case "TooLarge":
      return `it has ${reason.bytes} bytes, and at most ${reason.maximum} are read (bytesMax)`
    case "Refused":
      return `the system refuses it (${reason.code})`
    case "Unavailable":
      return `the system cannot do it now (${reason.code})`
  }
}

/** A file that could not be read or changed. */
export class FileError extends Schema.TaggedError<FileError>("@dagflow/actions/FileError")("FileError", {
  reason: FileReason,
  /** `read`, `write`, `append`, `remove` or `exists`. */
  operation: Schema.String,
  /** The path as the node gave it. */
  path: Schema.String
}) {
  /** Whether the same operation may succeed later without anybody changing the flow. */
  get isRetryable(): boolean {
    return this.reason._tag === "Unavailable"
  }

  override get message(): string {
    return `${this.operation} "${this.path}": ${describe(this.reason)}`
  }
}

import type * as Schema from "effect/Schema"

/** What stands in the log for a large output. */
export interface ArtifactStub {
  readonly $artifact: string
  readonly bytes: number
}

/** Tells whether a value stands for one that is kept outside the log. */
export const isStub = (value: Schema.Json | undefined): value is Schema.JsonObject & ArtifactStub =>
  typeof value === "object" && value !== null && "$artifact" in value

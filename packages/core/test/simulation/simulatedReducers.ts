import { ChannelReducer, ChannelReducers } from "../../src/index.ts"

/** The reducers of a simulated process. */
export const simulatedReducers = ChannelReducers.layer(
  ChannelReducer.make("longest", (current: string | undefined, update: string) =>
    update.length > (current?.length ?? 0) ? update : (current ?? "")
  )
)

/** Actions that do with a secret whatever an action can do by mistake, and a hook that passes on what it sees. */
import { Action, type ActionContext, Hook, NodeOutput } from "@dagflow/core"
import { createHash } from "node:crypto"
import { appendFileSync, existsSync } from "node:fs"

type Context = ActionContext.ActionContext

/** Notes that a secret arrived, without noting the secret. */
const note = (nodeId: string, key: string): void =>
  appendFileSync("arrived.txt", `${nodeId} ${createHash("sha256").update(key).digest("hex")}\n`)

const say = (key: string, { emit, log }: Pick<Context, "emit" | "log">): void => {
  log(`got ${key}`, { key, nested: [{ [key]: key }] })
  // What a program of one's own prints is its own affair; what the command prints is looked at.
  if (process.env["SILENT"] === undefined) print(key)
  emit({ key, [key]: [key] })
}

const print = (key: string): void => {
  console.log(`printed ${key} and ${encodeURIComponent(key)}`)
  console.error(JSON.stringify({ printed: key }))
}

const spill = Action.fn(
  "spill",
  ({ key, marker, url }: { key: string; marker: string; url: string }, context) => {
    note(context.nodeId, key)
    say(key, context)
    const outputs = {
      echo: `Bearer ${key}`,
      url,
      marker,
      [key]: { deep: [key] },
      long: `${key} `.repeat(100)
    }
    return NodeOutput.make(outputs, { metadata: { key } })
  }
)

const spillLater = Action.fn("spillLater", (_: object, { failed, log }) => {
  log(`failed with ${failed?.message}`)
  return { failed: failed?.message ?? "" }
})

const shout = Action.fn("shout", ({ key }: { key: string }, context): {} => {
  note(context.nodeId, key)
  say(key, context)
  throw new Error(`401 for ${key}`, { cause: new Error(`https://host/?key=${encodeURIComponent(key)}`) })
})

const hold = Action.fn("hold", async (_: object, { nodeId, signal }) => {
  note(nodeId, "nothing")
  while (!existsSync("release")) {
    if (signal.aborted) throw signal.reason
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return {}
})

/** Throws where no attempt can catch it, as a forgotten timer does. */
const stray = Action.fn("stray", async ({ key }: { key: string }): Promise<{}> => {
  setTimeout(() => {
    throw new RangeError(`thrown in a timer: ${key}`)
  }, 10)
  return new Promise(() => {})
})

const passOn = Hook.make({
  name: "passOn",
  on: ["NodeCompleted", "NodeFailed"],
  handle: ({ event }, { log, outputs }) => {
    if (event._tag !== "NodeCompleted" || event.nodeId !== "spill") return []
    log("passing on", { outputs: outputs("spill") })
    return [
      { _tag: "EmitEvent", name: "seen", payload: { ...outputs("spill") } },
      {
        _tag: "AddNode",
        node: {
          id: "grown",
          action: "spill",
          inputs: {
            key: { template: "${env.CANARY}" },
            url: { template: "https://${env.CANARY}/" },
            marker: { ref: "spill.marker" }
          }
        }
      }
    ]
  }
})

export default { actions: [spill, spillLater, shout, hold, stray], hooks: [passOn] }

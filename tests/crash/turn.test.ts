/*
 * Goal: `kill -9` while a model speaks costs the answer that was not recorded and nothing else, and the budget is charged with both calls.
 * Method: a real process asks a real server, which kills it in the middle of the second answer; a second process goes on.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"

let folder = ""
let children: ReadonlyArray<ChildProcess> = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-turn-"))
})

afterEach(() => {
  for (const child of children) child.kill("SIGKILL")
  children = []
  rmSync(folder, { recursive: true, force: true })
})

const chunk = (delta: object, finish: string | null = null, usage?: number) => {
  const body = {
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...(usage !== undefined && { usage: { prompt_tokens: usage, completion_tokens: 0 } })
  }
  return `data: ${JSON.stringify(body)}\n\n`
}

const call = { index: 0, id: "c", type: "function", function: { name: "add", arguments: '{"a":2,"b":3}' } }

const rolesOf = async (request: IncomingMessage): Promise<ReadonlyArray<string>> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part as Buffer)
  const body = JSON.parse(Buffer.concat(parts).toString()) as { messages: ReadonlyArray<{ role: string }> }
  return body.messages.map(({ role }) => role)
}

/** A server that calls a tool first, says half of the second answer, and all of it when it is asked again. */
const serve = async (onHalf: () => void) => {
  const asked: Array<string> = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const roles = (await rolesOf(request)).join(" ")
    asked.push(roles)
    response.writeHead(200, { "content-type": "text/event-stream" })
    if (!roles.includes("tool")) return response.end(chunk({ tool_calls: [call] }, "tool_calls", 100))
    const isFirst = asked.filter((one) => one === roles).length === 1
    if (!isFirst) return response.end(chunk({ content: "It is 5." }) + chunk({}, "stop", 200))
    return response.write(chunk({ content: "It is " }), () => onHalf())
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

const start = (url: string): ChildProcess => {
  const program = path.join(import.meta.dirname, "turnProgram.ts")
  const child = spawn(process.execPath, [program, path.join(folder, "run.db"), url], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  children = [...children, child]
  return child
}

const outputOf = async (child: ChildProcess): Promise<string> => {
  let text = ""
  child.stdout?.on("data", (part: Buffer) => (text += part.toString()))
  await once(child, "close")
  return text
}

it("a process that is killed while a model speaks repeats that one answer, and both calls are charged", async () => {
  let first: ChildProcess | undefined
  const server = await serve(() => first?.kill("SIGKILL"))
  try {
    first = start(server.url)
    expect(await outputOf(first)).toBe("")
    expect(first.signalCode).toBe("SIGKILL")
    expect(server.asked).toEqual(["user", "user assistant tool"])

    const report: unknown = JSON.parse(await outputOf(start(server.url)))
    expect(server.asked).toEqual(["user", "user assistant tool", "user assistant tool"])
    expect(report).toEqual({
      status: "completed",
      text: "It is 5.",
      attempts: [
        ["agent", "ok", 100],
        ["agent_call_1", "ok", null],
        ["agent_results", "ok", null],
        ["agent_2", "OwnerLost", null],
        ["agent_2", "ok", 200]
      ],
      // What was reported, and what was reserved for the answer that nobody heard to its end.
      tokens: { resource: "tokens", limit: 10_000, spent: 1300, reserved: 0 }
    })
  } finally {
    await server.close()
  }
}, 120_000)

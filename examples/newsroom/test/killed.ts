/** A process that is killed while an article is being written: after so many words, which it is told. */
import { answer } from "./handlers.ts"
import { Newsroom } from "./Newsroom.ts"

const room = new Newsroom(answer)
const { body } = await room.ask(
  "ada",
  "POST",
  "/api/articles",
  { topic: "moles" },
  { "idempotency-key": "k" }
)
let left = Number(process.argv[2])
await room.follow("ada", body.id as string, ({ type }) => type === "Emitted" && --left === 0)
process.kill(process.pid, "SIGKILL")

import * as Effect from "effect/Effect"
import { append, claim, mail, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

/** Commands that other processes leave for the owner of a run. */
export const mailCases: ReadonlyArray<StoreCase> = [
  {
    name: "mail is read by run, in the order in which it was put, until it is consumed",
    goal: "an approval would come before the question, or to another run",
    run: Effect.fnUntraced(function* ({ open }) {
      const [owner, person] = [yield* open, yield* open]
      for (const id of ["r", "s"]) yield* owner.create(run(id))
      for (const id of ["z", "a", "m", "b"]) yield* person.putMail("r", mail(id))
      yield* person.putMail("s", mail("a", { command: "other" }))
      yield* same(
        "all",
        yield* owner.readMail("r", 10),
        ["z", "a", "m", "b"].map((id) => mail(id))
      )
      yield* same("again", (yield* owner.readMail("r", 10)).length, 4)
      yield* same("a part", yield* owner.readMail("r", 2), [mail("z"), mail("a")])
      yield* same("no rows", yield* owner.readMail("r", 0), [])
      yield* same("the other run", yield* owner.readMail("s", 10), [mail("a", { command: "other" })])
    })
  },
  {
    name: "the same id again changes nothing while it lies there",
    goal: "a command that was sent twice would count twice",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* first.putMail("r", mail("m"))
      yield* first.putMail("r", mail("n"))
      yield* second.putMail("r", mail("m", { command: "another one", atMillis: 9 }))
      yield* same("the mail", yield* second.readMail("r", 10), [mail("m"), mail("n")])
    })
  },
  {
    name: "mail goes with the append that settles it, or stays with one that is refused",
    goal: "a command would be lost between the mailbox and the log, or be there twice",
    run: Effect.fnUntraced(function* ({ open }) {
      const [owner, person] = [yield* open, yield* open]
      yield* owner.create(run("r"))
      yield* owner.create(run("s"))
      for (const id of ["1", "2", "3"]) yield* person.putMail("r", mail(id))
      yield* person.putMail("s", mail("2"))
      yield* refused(owner.append(append("r", 9, { consumed: ["1"] })), { _tag: "SequenceConflict" })
      yield* refused(owner.append(append("r", 2, { epoch: 7, consumed: ["1"] })), { _tag: "OwnershipLost" })
      yield* same("after refusals", (yield* person.readMail("r", 10)).length, 3)
      yield* owner.append(append("r", 2, { consumed: ["3", "1", "unknown", "1"] }))
      yield* same("what is left", yield* person.readMail("r", 10), [mail("2")])
      yield* same("the other run", yield* person.readMail("s", 10), [mail("2")])
      yield* person.putMail("r", mail("1"))
      yield* same("put again", yield* person.readMail("r", 10), [mail("2"), mail("1")])
    })
  },
  {
    name: "hundreds of letters are kept, and read in the order in which they were put, whatever times they bear",
    goal: "answers from machines whose clocks differ would be read in another order, or some of them never",
    run: Effect.fnUntraced(function* ({ open }) {
      const [owner, person] = [yield* open, yield* open]
      yield* owner.create(run("r"))
      const letters = Array.from({ length: 300 }, (_, index) =>
        mail(`${index}`, { atMillis: 1_700_000_000_000 + ((index * 7) % 300) })
      )
      for (const letter of letters) yield* person.putMail("r", letter)
      yield* same("all", yield* owner.readMail("r", Infinity), letters)
      yield* same("a part", yield* owner.readMail("r", 150), letters.slice(0, 150))
      const consumed = letters.slice(0, 299).map(({ id }) => id)
      yield* owner.append(append("r", 2, { consumed }))
      yield* same("what is left", yield* owner.readMail("r", 10), letters.slice(299))
    })
  },
  {
    name: "mail waits for whoever owns the run next, also for a run without an owner or at its end",
    goal: "an answer that comes while nobody runs the flow would be lost",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r", { status: "paused" }))
      yield* first.release("r", 1)
      yield* first.putMail("r", mail("m"))
      const claimed = yield* second.claim(claim("r", 1_001))
      yield* same("the claim", claimed._tag, "Claimed")
      yield* same("the mail", yield* second.readMail("r", 10), [mail("m")])
      yield* second.append(append("r", 2, { epoch: 2, status: "completed", consumed: ["m"] }))
      yield* first.putMail("r", mail("late"))
      yield* same("late mail", yield* second.readMail("r", 10), [mail("late")])
    })
  }
]

import { type Mail, StoreError } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Exit from "effect/Exit"
import type { SqliteTransaction } from "./sqliteWriter.ts"
import { wellFormed } from "./wellFormed.ts"

/** Prepares the putting of mail. */
export const putMail = (
  database: Database
): ((runId: string, mail: Mail, transaction: SqliteTransaction) => Exit.Exit<void, StoreError>) => {
  const selectKey = database.prepare<[string | null], number>("SELECT key FROM run WHERE id = ?").pluck()
  const insert = database.prepare<[number, string, number, number, number, string]>(
    `INSERT INTO mail (run_key, id, number, at, command) VALUES (?, ?, (? << 20) | ?, ?, ?)
     ON CONFLICT (run_key, id) DO NOTHING`
  )
  const touch = database.prepare<[number, number]>("UPDATE run SET change = ?, wake_at = -1 WHERE key = ?")
  return (runId, mail, transaction) => {
    const key = selectKey.get(wellFormed(runId))
    if (key === undefined) {
      return Exit.fail(new StoreError({ operation: "putMail", runId, reason: { _tag: "RunNotFound" } }))
    }
    const { change, changed, mailed } = transaction
    const { changes } = insert.run(key, mail.id, change, mailed.length, mail.atMillis, mail.command)
    if (changes > 0) {
      touch.run(change, key)
      changed.push(runId)
      mailed.push(runId)
    }
    return Exit.void
  }
}

/** Prepares the query for the mail of a run. */
export const selectMail = (database: Database): ((runId: string, limit: number) => Array<Mail>) => {
  const select = database.prepare<[string | null, number], Mail>(
    `SELECT mail.id, mail.at AS atMillis, mail.command FROM mail JOIN run ON run.key = mail.run_key
     WHERE run.id = ? ORDER BY mail.number LIMIT ?`
  )
  return (runId, limit) => select.all(wellFormed(runId), limit)
}

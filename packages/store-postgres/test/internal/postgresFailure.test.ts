import { expect, it } from "vitest"
import pg from "pg"
import { isConflict, queryFailure } from "../../src/internal/postgresFailure.ts"

/** An error as a server says it whose messages are in some language. */
const said = (severity: string, code: string): pg.DatabaseError =>
  Object.assign(new pg.DatabaseError("nein", 4, "error"), { severity, code })

it.each(["ERROR", "FEHLER", "ERREUR", "ОШИБКА", "エラー"])(
  "a statement that fails is told from a connection that ends, also where a server says %s",
  (severity) => {
    for (const code of [
      "22P02",
      "23505",
      "40001",
      "40P01",
      "42P01",
      "42501",
      "54000",
      "55P03",
      "57014",
      "25006"
    ]) {
      expect(queryFailure(said(severity, code))._tag, code).toBe("Refused")
    }
    for (const code of ["08006", "08P01", "57P01", "57P02", "57P03", "57P05"]) {
      expect(queryFailure(said(severity, code))._tag, code).toBe("Lost")
    }
    expect(isConflict(queryFailure(said(severity, "40001")))).toBe(true)
  }
)

it("in doubt a connection counts as lost, and the database is asked", () => {
  for (const severity of ["FATAL", "PANIK", "FEHLER"]) {
    for (const code of ["XX000", "58030", "25P03", "53200", "40003"]) {
      expect(queryFailure(said(severity, code))._tag, code).toBe("Lost")
    }
  }
  expect(queryFailure(new Error("Query read timeout"))._tag).toBe("Lost")
})

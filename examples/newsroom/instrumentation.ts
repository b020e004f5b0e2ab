/** Next calls this once when its server starts. */
export const register = async (): Promise<void> => {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return
  const { dagflow } = await import("./server/engine.ts")
  // An engine is built when it is first asked for something: runs that a process has left behind go on from now on.
  await dagflow.list({ limit: 1 })
}

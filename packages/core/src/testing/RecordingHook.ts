/** Hooks that remember what they were asked, and answer what a test wants. */
import type { Envelope, Event, RunResult } from "@dagflow/protocol"
import * as Hook from "../hook/Hook.ts"

/** How a recording hook listens and answers. */
export interface RecordingHookOptions<E = never, R = never> {
  /** What the log calls it; default `recording`. */
  readonly name?: string
  /** The events it is asked about; default: every event that hooks may be asked about. */
  readonly on?: ReadonlyArray<Event.EventTag>
  readonly mode?: "gate" | "observe"
  /** Its answer to an event; default: no commands. */
  readonly answer?: (envelope: Envelope.Envelope, context: Hook.HookContext) => Hook.Answer<E, R>
}

/** A hook that remembers what it was asked. */
export interface RecordingHook<out E = never, out R = never> {
  readonly hook: Hook.Hook<E, R>
  /** The events it was asked about, in the order of the questions; the same one again after another process took over. */
  readonly asked: ReadonlyArray<Envelope.Envelope>
  /** The names of those events. */
  readonly tags: () => ReadonlyArray<Event.EventTag>
  /** How often a run asked it before its first node. */
  readonly starts: () => number
  /** The results with which runs ended. */
  readonly results: ReadonlyArray<RunResult.RunResult>
}

/**
 * Makes a hook that remembers what it was asked.
 *
 * **Example**
 * ```ts
 * const failures = RecordingHook.make({ on: ["NodeFailed"] })
 * const engine = TestEngine.layer({ store: MemoryStore.layer, hooks: [failures.hook] })
 * ```
 */
export const make = <E = never, R = never>(options: RecordingHookOptions<E, R> = {}): RecordingHook<E, R> => {
  const { answer, mode, name = "recording", on } = options
  const asked: Array<Envelope.Envelope> = []
  const results: Array<RunResult.RunResult> = []
  let starts = 0
  const hook = Hook.make<E, R>({
    name,
    ...(on && { on }),
    ...(mode && { mode }),
    onStart: () => {
      starts++
    },
    handle: (envelope, context) => {
      asked.push(envelope)
      return answer?.(envelope, context)
    },
    onComplete: (result) => {
      results.push(result)
    }
  })
  return { hook, asked, tags: () => asked.map(({ event }) => event._tag), starts: () => starts, results }
}

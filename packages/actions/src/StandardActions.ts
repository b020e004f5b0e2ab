/** The standard actions, all at once. Each of them is also a module of its own, for flows in TypeScript. */
import { type Action, Actions } from "@dagflow/core"
import * as FileAppendAction from "./file/FileAppendAction.ts"
import * as FileExistsAction from "./file/FileExistsAction.ts"
import * as FileReadAction from "./file/FileReadAction.ts"
import * as FileRemoveAction from "./file/FileRemoveAction.ts"
import * as FileWriteAction from "./file/FileWriteAction.ts"
import * as HttpAction from "./http/HttpAction.ts"
import * as ShellAction from "./shell/ShellAction.ts"
import * as SleepAction from "./sleep/SleepAction.ts"
import * as JsonFormatAction from "./text/JsonFormatAction.ts"
import * as JsonParseAction from "./text/JsonParseAction.ts"
import * as TextAffixAction from "./text/TextAffixAction.ts"
import * as TextCaseAction from "./text/TextCaseAction.ts"
import * as TextCountAction from "./text/TextCountAction.ts"
import * as TextReverseAction from "./text/TextReverseAction.ts"
import * as TextTemplateAction from "./text/TextTemplateAction.ts"
import * as WordFrequencyAction from "./text/WordFrequencyAction.ts"
import * as ApprovalAction from "./wait/ApprovalAction.ts"
import * as SignalAction from "./wait/SignalAction.ts"
import * as SleepUntilAction from "./wait/SleepUntilAction.ts"

/** How the standard actions are set up. */
export interface StandardActionsOptions extends HttpAction.HttpOptions {
  /** Folder that relative paths of files and working folders of commands start from; default: that of the process. */
  readonly folder?: string
  /** Folders that files must lie in; default: `folder` alone. Commands are not bound by it. */
  readonly roots?: ReadonlyArray<string>
  /** Whether there is an action `shell`, by which a flow can run any program; default false. */
  readonly allowShell?: boolean
  /** Names of the variables of this process that commands see; default: `ShellAction.environmentDefault`. */
  readonly shellEnvironment?: ReadonlyArray<string>
}

/**
 * Makes the standard actions: `http`, `sleep`, `sleep-until`, `approval`, `wait-for-signal`, `file-read`, `file-write`, `file-append`, `file-remove`, `file-exists`,
 * `json-parse`, `json-format`, `text-template`, `text-case`, `text-reverse`, `text-affix`, `text-count`, `word-frequency` and, if allowed,
 * `shell`.
 *
 * **Example**
 * ```ts
 * const actions = [...StandardActions.make({ folder: "data", allowShell: true }), fetchUsers]
 * ```
 */
export const make = (options: StandardActionsOptions = {}): ReadonlyArray<Action.Any<never>> => [
  HttpAction.make(options),
  SleepAction.make(),
  SleepUntilAction.make(),
  ApprovalAction.make(),
  SignalAction.make(),
  FileReadAction.make(options),
  FileWriteAction.make(options),
  FileAppendAction.make(options),
  FileRemoveAction.make(options),
  FileExistsAction.make(options),
  JsonParseAction.make(),
  JsonFormatAction.make(),
  TextTemplateAction.make(),
  TextCaseAction.make(),
  TextReverseAction.make(),
  TextAffixAction.make(),
  TextCountAction.make(),
  WordFrequencyAction.make(),
  ...(options.allowShell === true ? [ShellAction.make(shellOptions(options))] : [])
]

/** Registers the standard actions with the engines that this layer is provided to. */
export const layer = (options: StandardActionsOptions = {}) => Actions.layer(...make(options))

// -- internal -------------------------------------------------------------------------------------------------------

const shellOptions = ({ folder, shellEnvironment }: StandardActionsOptions): ShellAction.ShellOptions => ({
  ...(folder !== undefined && { folder }),
  ...(shellEnvironment !== undefined && { environment: shellEnvironment })
})

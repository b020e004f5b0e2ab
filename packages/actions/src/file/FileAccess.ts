/** Where file actions may reach. */

/** Where file actions may reach. */
export interface FileAccess {
  /** Folder that relative paths start from; default: the working folder of the process when the action is made. */
  readonly folder?: string
  /** Folders that paths must lie in, once their symbolic links are followed; default: `folder` alone. */
  readonly roots?: ReadonlyArray<string>
}

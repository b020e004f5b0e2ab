/** What a file is to this package. */
export type FileState = "empty" | "outdated" | "current" | "newer" | "foreign"

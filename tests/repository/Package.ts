/** The packages of this repository that are published. */
import { paths, readText } from "./SourceFile.ts"

/** What the rules read of a package.json. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A published package and its folder, relative to the repository. */
export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** The published packages, sorted by folder. */
export const publicPackages = (): ReadonlyArray<Package> =>
  paths("{packages,apps}/*/package.json")
    .map((file) => ({
      folder: file.slice(0, -"/package.json".length),
      manifest: JSON.parse(readText(file)) as Manifest
    }))
    .filter(({ manifest }) => manifest.private !== true)

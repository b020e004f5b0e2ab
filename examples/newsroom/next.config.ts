import type { NextConfig } from "next"

const config: NextConfig = {
  // The engine stays outside of the bundles, which then share one copy of it. (Sources of a workspace, as here, are bundled anyway.)
  serverExternalPackages: ["@dagflow/promise", "@dagflow/store-sqlite"],
  // `pnpm typecheck` of the repository has done that.
  typescript: { ignoreBuildErrors: true }
}

export default config

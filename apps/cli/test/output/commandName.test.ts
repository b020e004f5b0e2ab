import { describe, expect, it } from "vitest"
import { commandName } from "../../src/output/commandName.ts"

describe("commandName", () => {
  it.each([
    [{}, "dagflow"],
    [{ npm_lifecycle_event: "npx", npm_lifecycle_script: "'dagflow'" }, "npx dagflow"],
    [{ npm_lifecycle_event: "npx", npm_lifecycle_script: '"dagflow" run flow.yaml' }, "npx dagflow"],
    // Something else was started by npx, and that has started this command.
    [{ npm_lifecycle_event: "npx", npm_lifecycle_script: "vitest run" }, "dagflow"],
    [{ npm_lifecycle_event: "nightly", npm_config_user_agent: "npm/11.0.0 node/v24" }, "dagflow"],
    [
      { npm_lifecycle_event: "dagflow", npm_config_user_agent: "npm/11.0.0 node/v24" },
      "npm run -s dagflow --"
    ],
    [{ npm_lifecycle_event: "dagflow", npm_config_user_agent: "pnpm/12.21.0 npm/?" }, "pnpm -s dagflow"],
    [
      {
        npm_lifecycle_event: "dagflow",
        npm_config_user_agent: "pnpm/12.21.0 npm/?",
        npm_execpath: "/home/ada/.npm/_npx/9c70/node_modules/pnpm/pnpm"
      },
      "npx -y pnpm@12 -s dagflow"
    ]
  ])("tells from the environment %j that %s was typed", (env, expected) => {
    expect(commandName(env)).toBe(expected)
  })
})
